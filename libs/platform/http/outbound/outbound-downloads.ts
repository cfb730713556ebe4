import { createWriteStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Client } from 'undici';
import { connectorTo } from '#platform/http/outbound/judged-connector';
import { type FailureReason, failureReasonOf, type Refusal } from '#platform/http/outbound/outbound-answer';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';
import { judgeAddresses, parseTarget } from '#platform/http/outbound/outbound-target';
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

export interface OpenRequest extends Pick<DownloadRequest, 'url' | 'headers'> {
  /** Ends it, also while the body comes. */
  readonly signal: AbortSignal;
}

export type OpenOutcome =
  | {
      readonly kind: 'opened';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Fails when the connection is cut. */
      readonly body: Readable;
      /** Needed in any case, also after the last byte. */
      close(): Promise<void>;
    }
  | Exclude<DownloadOutcome, { kind: 'downloaded' }>;

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

  /** Follows redirects to an answer of any status, and leaves its body to the caller. */
  async open({ url, headers, signal }: OpenRequest): Promise<OpenOutcome> {
    let at = url;
    try {
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const next = await this.hop(at, headers, signal);
        if (!('redirectTo' in next)) return next;
        at = next.redirectTo;
      }
      return { kind: 'failed', reason: 'too_many_redirects', detail: `More than ${MAX_REDIRECTS} redirects.` };
    } catch (error) {
      return signal.aborted ? { kind: 'failed', reason: 'timeout', detail: 'No answer in time.' } : failed(error);
    }
  }

  private async attempt(request: DownloadRequest): Promise<DownloadOutcome> {
    const signal = AbortSignal.timeout(request.timeoutMs);
    const timedOut = { kind: 'failed', reason: 'timeout', detail: `Not complete within ${request.timeoutMs} ms.` } as const;
    let opened: OpenOutcome | undefined;
    try {
      opened = await this.open({ url: request.url, headers: request.headers, signal });
      if (opened.kind === 'opened') return await keep(opened, request, signal);
      return signal.aborted ? timedOut : opened;
    } catch (error) {
      return signal.aborted ? timedOut : failed(error);
    } finally {
      if (opened?.kind === 'opened') await opened.close();
    }
  }

  private async hop(
    url: string,
    headers: OpenRequest['headers'],
    signal: AbortSignal,
  ): Promise<Exclude<OpenOutcome, { kind: 'failed' }> | { redirectTo: string }> {
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
    let isOpen = false;
    try {
      const answer = await client.request({
        method: 'GET',
        path: target.url.pathname + target.url.search,
        headers: { ...headers, 'accept-encoding': 'identity' },
        signal,
        reset: true, // says "Connection: close", as there is no second request
      });
      // A body that is not read ends with the client.
      answer.body.on('error', () => {});
      const location = redirectOf(answer.statusCode, answer.headers);
      if (location !== undefined) {
        const next = URL.parse(location, target.url.href);
        return next ? { redirectTo: next.href } : { kind: 'refused', reason: 'invalid_url', detail: 'It redirects to no valid URL.' };
      }
      isOpen = true;
      return { kind: 'opened', status: answer.statusCode, headers: answer.headers, body: answer.body, close: () => client.destroy() };
    } finally {
      if (!isOpen) await client.destroy();
    }
  }
}

async function keep(
  { status, headers, body }: Extract<OpenOutcome, { kind: 'opened' }>,
  { path, maxBytes }: DownloadRequest,
  signal: AbortSignal,
): Promise<DownloadOutcome> {
  if (status !== 200) return { kind: 'failed', reason: 'status', detail: `It answered ${status}.` };
  if (Number(headers['content-length']) > maxBytes) return tooLarge(maxBytes);
  let bytes = 0;
  try {
    await pipeline(
      body,
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

/** @throws the error itself when it is a bug of ours */
function failed(error: unknown): Extract<OpenOutcome, { kind: 'failed' }> {
  if (error instanceof UnresolvedHost) return { kind: 'failed', reason: 'dns', detail: error.message };
  const reason = failureReasonOf(error);
  if (reason === undefined) throw error;
  return { kind: 'failed', reason, detail: (error as Error).message || reason };
}

class TooLarge extends Error {}

function tooLarge(maxBytes: number): DownloadOutcome {
  return { kind: 'failed', reason: 'too_large', detail: `It has more than ${maxBytes} bytes.` };
}

function redirectOf(status: number, { location }: IncomingHttpHeaders): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? location : undefined;
}
