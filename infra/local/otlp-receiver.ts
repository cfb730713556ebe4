import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';

/** Spans beyond these are forgotten, oldest first. */
const SPANS_LIMIT = 20_000;
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

export interface Span {
  traceId: string;
  spanId: string;
  /** Undefined for the first span of a trace. */
  parentSpanId?: string;
  name: string;
  /** `service.name` of the process it came from. */
  service: string;
  /** Unix time. */
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number | boolean>;
  isError: boolean;
}

export interface OtlpReceiver {
  /** Base URL, to which OTLP/HTTP adds `/v1/traces`. */
  url: string;
  /** Every span still remembered, in the order of arrival. */
  spans(): Span[];
  spansOf(traceId: string): Span[];
  /** Resolves as soon as the predicate holds for all spans; rejects after the limit. */
  waitFor(predicate: (spans: Span[]) => boolean, limitMs: number): Promise<Span[]>;
  close(): Promise<void>;
}

/** Takes traces in OTLP/HTTP JSON on 127.0.0.1 and keeps them in memory. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: Span[] = [];
  const arrivals = new EventEmitter<{ spans: [] }>().setMaxListeners(0);
  const server = createServer(async (request, response) => {
    try {
      if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
      spans.push(...spansIn(JSON.parse(await bodyOf(request))));
      if (spans.length > SPANS_LIMIT) spans.splice(0, spans.length - SPANS_LIMIT);
      arrivals.emit('spans');
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    } catch {
      return response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => [...spans],
    spansOf: (traceId) => spans.filter((span) => span.traceId === traceId),
    waitFor: (predicate, limitMs) => waitFor(() => (predicate(spans) ? [...spans] : undefined), arrivals, limitMs),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function waitFor<T>(look: () => T | undefined, arrivals: EventEmitter<{ spans: [] }>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const check = () => {
      const found = look();
      if (found !== undefined) finish(() => resolve(found));
    };
    const timer = setTimeout(() => finish(() => reject(new Error(`the spans did not arrive within ${limitMs} ms`))), limitMs);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      arrivals.off('spans', check);
      settle();
    };
    arrivals.on('spans', check);
    check();
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const stream = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const Value = z
  .object({ stringValue: z.string(), boolValue: z.boolean(), intValue: z.union([z.string(), z.number()]), doubleValue: z.number() })
  .partial();
const Attributes = z.array(z.object({ key: z.string(), value: Value })).default([]);
const Traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }).optional(),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.coerce.string(),
              endTimeUnixNano: z.coerce.string(),
              attributes: Attributes,
              status: z.object({ code: z.number().optional() }).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const STATUS_ERROR = 2;

function spansIn(body: unknown): Span[] {
  return Traces.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource?.attributes ?? [])['service.name'] ?? 'unknown');
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        name: span.name,
        service,
        startMs: Number(BigInt(span.startTimeUnixNano) / 1_000n) / 1_000,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1_000n) / 1_000,
        attributes: attributesOf(span.attributes),
        isError: span.status?.code === STATUS_ERROR,
      }));
  });
}

function attributesOf(attributes: z.output<typeof Attributes>): Span['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? (value.intValue === undefined ? '' : Number(value.intValue)),
    ]),
  );
}
