import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OtlpReceiver, startOtlpReceiver } from '#infra/local/otlp-receiver';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

function bodyWith(traceId: string, spanIds: string[]) {
  const spans = spanIds.map((spanId) => ({
    traceId,
    spanId,
    parentSpanId: 'aa',
    name: `span ${spanId}`,
    startTimeUnixNano: '1700000000123456789',
    endTimeUnixNano: '1700000000125456789',
    attributes: [{ key: 'lanes', value: { intValue: '2' } }],
    status: { code: 2 },
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'halogen-api' } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 's' }, spans }] }] });
}

async function post(body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) {
  return fetch(`${receiver.url}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

it('keeps spans with their service, times and attributes', async () => {
  expect((await post(bodyWith('t1', ['b1']))).status).toBe(200);
  expect(receiver.spansOf('t1')).toEqual([
    {
      traceId: 't1',
      spanId: 'b1',
      parentSpanId: 'aa',
      name: 'span b1',
      service: 'halogen-api',
      startMs: 1700000000123.456,
      endMs: 1700000000125.456,
      attributes: { lanes: 2 },
      isError: true,
    },
  ]);
});

it('reads compressed bodies', async () => {
  expect((await post(gzipSync(bodyWith('t1', ['b1'])), { 'content-encoding': 'gzip' })).status).toBe(200);
  expect(receiver.spansOf('t1')).toHaveLength(1);
});

it('refuses what is no trace', async () => {
  expect((await post('{"resourceSpans": 1}')).status).toBe(400);
  expect((await fetch(`${receiver.url}/v1/metrics`, { method: 'POST', body: '{}' })).status).toBe(404);
});

it('tells as soon as a span has arrived', async () => {
  const arrived = receiver.waitFor((spans) => spans.some(({ traceId }) => traceId === 't2'), 10_000);
  await post(bodyWith('t1', ['b1']));
  await post(bodyWith('t2', ['b2']));
  expect(await arrived).toHaveLength(2);
});

it('says so when a span does not arrive', async () => {
  await expect(receiver.waitFor(() => false, 1)).rejects.toThrow('did not arrive within 1 ms');
});

it('forgets the oldest spans, not the newest', async () => {
  const spanIds = Array.from({ length: 20_001 }, (_, index) => String(index));
  await post(bodyWith('t1', spanIds));
  expect(receiver.spans()).toHaveLength(20_000);
  expect(receiver.spans().at(-1)?.spanId).toBe('20000');
});
