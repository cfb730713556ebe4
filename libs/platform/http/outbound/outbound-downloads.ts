import { createWriteStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Client } from 'undici';
import { connectorTo } from '#platform/http/outbound/judged-connector';
import { type FailureReason, failureReasonOf, type Refusal } from '#platform/http/outbound/outbound-answer';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';
import { judgeAddresses, type OutboundTarget, parseTarget } from '#platform/http/outbound/outbound-target';
import { resolveHost, UnresolvedHost } from '#platform/http/outbound/resolve-host';
import { inSpan } from '#platform/telemetry/spans';

export interface DownloadRequest {
  readonly url: string;
  /** A file that does not exist yet; after any other outcome than `downloaded` it is of no use. */
  readonly path: string;
  readonly maxBytes: number;
  /** For everything together, redirects and body included. */
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export type DownloadOutcome =
  | { readonly kind: 'downloaded'; readonly bytes: number }
  | ({ readonly kind: 'refused' } & Refusal)
  | { readonly kind: 'failed'; readonly reason: FailureReason | 'status' | 'too_large' | 'too_many_redirects'; readonly detail: string };

const MAX_REDIRECTS = 4;
const MAX_RESPONSE_HEADER_BYTES = 16 * 1024;

/**
 * Fetches what a customer's URL holds into a file. Every hop of a redirect is a new target: its form is judged, its host resolved, all its
 * addresses checked, and only a judged one connected to.
 */
export class OutboundDownloads {
  constructor(private readonly settings: OutboundSettings) {}

  /** What the other side or the network does wrong is an outcome; only bugs throw. */
  get(request: DownloadRequest): Promise<DownloadOutcome> {
    return inSpan('GET', { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET' } }, async (span) => {
      const outcome = await this.attempt(request);
      span.setAttribute('server.address', URL.parse(request.url)?.hostname); // never the path: it may be a secret
      if (outcome.kind === 'downloaded') span.setAttribute('http.response.body.size', outcome.bytes);
      else span.setAttribute('error.type', outcome.reason).setStatus({ code: SpanStatusCode.ERROR });
      return outcome;
    });
  }

  private async attempt(request: DownloadRequest): Promise<DownloadOutcome> {
    const signal = AbortSignal.timeout(request.timeoutMs);
    try {
      let url = request.url;
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const next = await this.hop(url, request, signal);
        if (!('redirectTo' in next)) return next;
        url = next.redirectTo;
      }
      return { kind: 'failed', reason: 'too_many_redirects', detail: `More than ${MAX_REDIRECTS} redirects.` };
    } catch (error) {
      const failed = (reason: FailureReason, detail: string) => ({ kind: 'failed', reason, detail }) as const;
      if (signal.aborted) return failed('timeout', `Not complete within ${request.timeoutMs} ms.`);
      if (error instanceof UnresolvedHost) return failed('dns', error.message);
      const reason = failureReasonOf(error);
      if (reason === undefined) throw error;
      return failed(reason, (error as Error).message || reason);
    }
  }

  private async hop(url: string, request: DownloadRequest, signal: AbortSignal): Promise<DownloadOutcome | { redirectTo: string }> {
    const target = parseTarget(url);
    if ('refusal' in target) return { kind: 'refused', ...target.refusal };
    const addresses = target.literal ? [target.literal] : await resolveHost(target.host, this.settings.dns, signal);
    const refusal = judgeAddresses(addresses, this.settings);
    if (refusal) return { kind: 'refused', ...refusal };
    const client = new Client(target.url.origin, {
      connect: connectorTo(addresses),
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      headersTimeout: 0, // the deadline is the signal's alone
      bodyTimeout: 0,
    });
    try {
      return await receive(client, target, request, signal);
    } finally {
      await client.destroy();
    }
  }
}

async function receive(
  client: Client,
  { url }: OutboundTarget,
  { path, maxBytes, headers }: DownloadRequest,
  signal: AbortSignal,
): Promise<DownloadOutcome | { redirectTo: string }> {
  const answer = await client.request({
    method: 'GET',
    path: url.pathname + url.search,
    headers: { ...headers, 'accept-encoding': 'identity' },
    signal,
    reset: true, // says "Connection: close", as there is no second request
  });
  // A body that is not read ends with the client, which its caller destroys.
  answer.body.on('error', () => {});
  const location = redirectOf(answer.statusCode, answer.headers);
  if (location !== undefined) {
    const next = URL.parse(location, url.href);
    return next ? { redirectTo: next.href } : { kind: 'refused', reason: 'invalid_url', detail: 'It redirects to no valid URL.' };
  }
  if (answer.statusCode !== 200) return { kind: 'failed', reason: 'status', detail: `It answered ${answer.statusCode}.` };
  const declared = Number(answer.headers['content-length']);
  if (declared > maxBytes) return tooLarge(maxBytes);
  let bytes = 0;
  try {
    await pipeline(
      answer.body,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > maxBytes) throw new TooLarge();
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'wx' }),
      { signal },
    );
  } catch (error) {
    if (error instanceof TooLarge) return tooLarge(maxBytes);
    throw error;
  }
  return { kind: 'downloaded', bytes };
}

class TooLarge extends Error {}

function tooLarge(maxBytes: number): DownloadOutcome {
  return { kind: 'failed', reason: 'too_large', detail: `It has more than ${maxBytes} bytes.` };
}

function redirectOf(status: number, { location }: IncomingHttpHeaders): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? location : undefined;
}
