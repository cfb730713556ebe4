import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { WebhookEngine } from '#features/webhooks/testing/webhook-engine';
import { Held } from '#testing/callback-receiver';

let engine: WebhookEngine;

beforeAll(async () => {
  engine = await WebhookEngine.start();
});
afterAll(() => engine.stop());
beforeEach(() => engine.begin());
afterEach(() => engine.end());

it.each([429, 502, 504])('holds everything back for as long as %i with Retry-After asks', async (status) => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook', { status, headers: { 'retry-after': '2' } }), { fifo: true });
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(endpoint.id, 2);
  const rows = await engine.owner.query<{ waited_ms: number }>(
    `SELECT extract(epoch FROM (lead(started_at) OVER (ORDER BY started_at)) - started_at) * 1000 AS waited_ms
       FROM webhook_attempts ORDER BY started_at LIMIT 1`,
  );
  expect(Number(rows[0]?.waited_ms)).toBeGreaterThanOrEqual(2_000);
  expect(engine.receiver.callsTo('/hook')).toHaveLength(3);
});

it('keeps the order of a FIFO endpoint through failures, with two workers', async () => {
  await Promise.all([engine.startWorker(), engine.startWorker()]);
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook', 500, 200, 500, 'cut'), { fifo: true });
  for (let at = 0; at < 12; at += 1) await engine.tell('key.revoked', { keyId: randomUUID() });
  await engine.ended(endpoint.id, 12);
  const delivered = engine.receiver.callsTo('/hook').map(({ body }) => body.data.sequence);
  expect([...new Set(delivered)]).toEqual(delivered.filter((sequence, at) => sequence !== delivered[at - 1]));
  expect([...new Set(delivered)]).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
});

it('serves others while one endpoint does not answer and another is dead', async () => {
  await engine.startWorker({ timeScale: 1 });
  const held = Array.from({ length: 100 }, () => new Held());
  const stuck = await engine.addEndpoint(engine.receiver.url('/stuck', ...held), { eventTypes: ['key.*'] });
  await engine.addEndpoint('http://127.0.0.1:1/', { eventTypes: ['key.*'] });
  await engine.recordAll('key.revoked', 500);
  await engine.receiver.waitForCalls('/stuck', 8);
  const quick = await engine.addEndpoint(engine.receiver.url('/quick'), { eventTypes: ['project.*'] });
  await engine.tell('project.created', { projectId: randomUUID(), name: 'A' });
  await engine.ended(quick.id, 1);
  expect(engine.receiver.callsTo('/stuck').length).toBeLessThanOrEqual(32);
  await engine.owner.query('DELETE FROM webhook_deliveries WHERE endpoint_id = $1', [stuck.id]);
  for (const call of held) call.answer(200);
});

it('sends no faster than an endpoint wants', async () => {
  await engine.startWorker();
  const endpoint = await engine.addEndpoint(engine.receiver.url('/hook'), { maxPerSecond: 10 });
  await engine.recordAll('key.revoked', 12);
  await engine.ended(endpoint.id, 12);
  const [row] = await engine.owner.query<{ ms: number }>(
    `SELECT extract(epoch FROM max(started_at) - min(started_at)) * 1000 AS ms
       FROM (SELECT (first_attempt ->> 'started_at')::timestamptz AS started_at FROM webhook_deliveries)`,
  );
  expect(Number(row?.ms)).toBeGreaterThanOrEqual(1_090);
});
