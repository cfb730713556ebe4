import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type Dispatcher, Pool } from 'undici';
import type { Address } from '#platform/http/outbound/address-blocks';
import { connectorTo } from '#platform/http/outbound/judged-connector';
import { type FailureReason, failureReasonOf, type OutboundAnswer, type Refusal } from '#platform/http/outbound/outbound-answer';
import type { OutboundSettings } from '#platform/http/outbound/outbound-settings';
import { judgeAddresses, type OutboundTarget, parseTarget } from '#platform/http/outbound/outbound-target';
import { resolveHost, UnresolvedHost } from '#platform/http/outbound/resolve-host';
import { inSpan, traceparentOf } from '#platform/telemetry/spans';

type Method = 'GET' | 'POST';

export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For everything together: resolving, connecting, sending, and reading the answer. */
  readonly timeoutMs: number;
  /** How much of the answer's body is read. */
  readonly maxResponseBytes?: number;
}

const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_RESPONSE_HEADER_BYTES = 16 * 1024;
const CHECK_TIMEOUT_MS = 2_000;
/** Shorter than servers usually keep a silent connection: one that they close just as we send on it is a failed attempt. */
const KEEP_ALIVE_MS = 2_000;
const MAX_CONNECTIONS_PER_TARGET = 64;
/** Kept pools; the one that was used longest ago goes first. Without connections a pool is next to nothing. */
const MAX_POOLS = 2_000;
/** URLs whose form is known to be fine. */
const MAX_KNOWN_TARGETS = 2_000;

/**
 * The only way to URLs that customers chose. It resolves the host at every attempt, refuses it when any address is not
 * public, and connects to the very addresses it has judged, so that a name which changes its answer gains nothing. A connection is
 * kept for further attempts that judge the same addresses. Redirects are answers, not instructions.
 */
export class OutboundClient {
  /** By origin and judged addresses, in the order of their last use. */
  private readonly pools = new Map<string, Pool>();
  /** Only the form of a URL is kept: where its host leads is judged at every attempt. */
  private readonly targets = new Map<string, OutboundTarget>();

  constructor(private readonly settings: OutboundSettings) {}

  /**
   * For the moment when a URL is registered: undefined means that it may be kept. A name that does not resolve now is kept,
   * since it may tomorrow, and every attempt judges anew.
   */
  async check(url: string): Promise<Refusal | undefined> {
    const target = parseTarget(url);
    if ('refusal' in target) return target.refusal;
    const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    try {
      return judgeAddresses(await this.addressesOf(target, signal), this.settings);
    } catch (error) {
      if (error instanceof UnresolvedHost || signal.aborted) return undefined;
      throw error;
    }
  }

  /** Sends one POST. What the other side or the network does wrong is an answer; only bugs throw. */
  post(request: OutboundRequest): Promise<OutboundAnswer> {
    return this.send('POST', request);
  }

  /** Sends one GET, as `post` does. */
  get(request: OutboundRequest): Promise<OutboundAnswer> {
    return this.send('GET', request);
  }

  private send(method: Method, request: OutboundRequest): Promise<OutboundAnswer> {
    const startedAt = performance.now();
    return inSpan(method, { kind: SpanKind.CLIENT, attributes: { 'http.request.method': method } }, async (span) => {
      const answer = await this.attempt(method, request, startedAt);
      // The host is told, the path is not: customers put secrets into the paths of their hooks.
      const url = this.targets.get(request.url)?.url;
      span.setAttributes({ 'server.address': url?.hostname, 'server.port': url && portOf(url) });
      if (answer.kind === 'answered') span.setAttribute('http.response.status_code', answer.status);
      else span.setAttribute('error.type', answer.reason);
      if (answer.kind !== 'answered' || answer.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
      return answer;
    });
  }

  private async attempt(method: Method, request: OutboundRequest, startedAt: number): Promise<OutboundAnswer> {
    const target = this.targetOf(request.url);
    if ('refusal' in target) return { kind: 'refused', ...target.refusal };

    // Not AbortSignal.timeout: its timers would live on for the whole limit after every attempt that was quick.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new DOMException('The time is over.', 'TimeoutError')), request.timeoutMs);
    const { signal } = deadline;
    try {
      const addresses = await this.addressesOf(target, signal);
      const refusal = judgeAddresses(addresses, this.settings);
      if (refusal) return { kind: 'refused', ...refusal };
      return await send(this.poolOf(target.url.origin, addresses), method, request, target.url, signal, startedAt);
    } catch (error) {
      const failed = (reason: FailureReason, detail: string) =>
        ({ kind: 'failed', reason, detail, durationMs: performance.now() - startedAt }) as const;
      if (signal.aborted) return failed('timeout', `No complete answer within ${request.timeoutMs} ms.`);
      if (error instanceof UnresolvedHost) return failed('dns', error.message);
      const reason = failureReasonOf(error);
      if (reason === undefined) throw error;
      return failed(reason, (error as Error).message || reason);
    } finally {
      clearTimeout(timer);
    }
  }

  private targetOf(url: string): ReturnType<typeof parseTarget> {
    const known = this.targets.get(url);
    if (known) return known;
    const target = parseTarget(url);
    if ('refusal' in target) return target;
    if (this.targets.size >= MAX_KNOWN_TARGETS) this.targets.clear();
    this.targets.set(url, target);
    return target;
  }

  private poolOf(origin: string, addresses: readonly Address[]): Pool {
    const key = [origin, ...addresses.map(String).sort()].join(' ');
    const kept = this.pools.get(key);
    const pool = kept ?? judgedPool(origin, addresses);
    this.pools.delete(key);
    this.pools.set(key, pool);
    if (!kept) this.forgetOldPools();
    return pool;
  }

  private forgetOldPools(): void {
    for (const [key, pool] of this.pools) {
      if (this.pools.size <= MAX_POOLS) return;
      this.pools.delete(key);
      void pool.close(); // after its attempts
    }
  }

  private async addressesOf(target: OutboundTarget, signal: AbortSignal): Promise<Address[]> {
    return target.literal ? [target.literal] : resolveHost(target.host, this.settings.dns, signal);
  }
}

function judgedPool(origin: string, addresses: readonly Address[]): Pool {
  return new Pool(origin, {
    connect: connectorTo(addresses),
    connections: MAX_CONNECTIONS_PER_TARGET,
    maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    headersTimeout: 0, // the deadline is the signal's alone
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
}

async function send(
  pool: Pool,
  method: Method,
  request: OutboundRequest,
  url: URL,
  signal: AbortSignal,
  startedAt: number,
): Promise<OutboundAnswer> {
  const traceparent = traceparentOf();
  const answer = await pool.request({
    method,
    path: url.pathname + url.search,
    headers: traceparent ? { ...request.headers, traceparent } : { ...request.headers },
    body: request.body,
    signal,
  });
  const isEmpty = answer.headers['content-length'] === '0';
  const { body, bodyTruncated } = isEmpty
    ? await nothingOf(answer.body)
    : await readAtMost(request.maxResponseBytes ?? MAX_RESPONSE_BYTES, answer.body);
  return {
    kind: 'answered',
    status: answer.statusCode,
    headers: answer.headers,
    body,
    bodyTruncated,
    durationMs: performance.now() - startedAt,
  };
}

/** Most receivers answer without a body; an iterator for nothing would be a good part of an attempt's work. */
async function nothingOf(stream: Dispatcher.ResponseData['body']): Promise<{ body: Buffer; bodyTruncated: boolean }> {
  await stream.dump();
  return { body: Buffer.alloc(0), bodyTruncated: false };
}

async function readAtMost(maxBytes: number, stream: AsyncIterable<Buffer>): Promise<{ body: Buffer; bodyTruncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop destroys the stream and with it the connection: the rest is never received.
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return { body: Buffer.concat(chunks, Math.min(bytes, maxBytes)), bodyTruncated: bytes > maxBytes };
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}
