import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { flushTelemetry, shutdownTelemetry, startTelemetry } from '#platform/telemetry/sdk';
import { inSpan } from '#platform/telemetry/spans';

interface ExportedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: { stringValue?: string } }[];
}

const exported: ExportedSpan[] = [];
const services = new Set<string>();
const seen: IncomingMessage[] = [];
const server = createServer(async (request, response) => {
  const body = await text(request);
  if (request.url === '/otlp/v1/traces') {
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
      services.add(resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue);
      exported.push(...scopeSpans.flatMap(({ spans }: { spans: ExportedSpan[] }) => spans));
    }
  } else seen.push(request);
  response.end('{}');
});
let base: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  startTelemetry({ serviceName: 'test-service', exportByEnvironment: false, traceEndpoint: `${base}/otlp/` });
});
afterAll(async () => {
  await shutdownTelemetry();
  server.close();
});

it('exports spans, and lets fetch and the guarded client carry the trace once each, without secrets of URLs', async () => {
  const outbound = new OutboundClient(parseOutboundSettings({ allow: '127.0.0.0/8' }));
  await inSpan('deliver', {}, async () => {
    await (await fetch(`${base}/stored?signature=hunter2`)).text();
    await outbound.post({ url: `${base}/hunter2?token=hunter2`, headers: {}, body: '{}', timeoutMs: 5_000 });
  });
  await flushTelemetry();

  const deliver = exported.find(({ name }) => name === 'deliver')!;
  const [get, post] = ['GET', 'POST'].map((method) => exported.find(({ name }) => name === method)!);
  expect(exported).toHaveLength(3);
  expect([get!.parentSpanId, post!.parentSpanId]).toEqual([deliver.spanId, deliver.spanId]);
  expect(seen.map((request) => request.headersDistinct.traceparent)).toEqual([
    [`00-${deliver.traceId}-${get!.spanId}-01`],
    [`00-${deliver.traceId}-${post!.spanId}-01`],
  ]);
  expect([...services]).toEqual(['test-service']);
  expect(JSON.stringify(exported)).not.toContain('hunter2');
});
