import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { OutboxReader } from '#platform/outbox/outbox-reader';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let pool: HotPool;
let notifications: Notifications;

beforeAll(async () => {
  database = await testDatabase();
  pool = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 4 });
  notifications = new Notifications(database.controlUrl, 'test');
});

afterAll(async () => {
  await notifications?.close();
  await pool?.close();
  await database?.drop();
});

it('puts a bad row off and hands on its neighbours', async () => {
  const handled: string[] = [];
  const done = Promise.withResolvers<void>();
  const reader = new OutboxReader<{ id: string; topic: string }>(pool, notifications, {
    consumer: 'stream',
    claim: (tx, maxRows) =>
      tx.query(
        `SELECT id, topic FROM outbox WHERE consumer = 'stream' AND next_attempt_at <= now() ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
        [maxRows],
      ),
    handle: async (_tx, rows) => {
      if (rows.some(({ topic }) => topic === 'bad')) throw new Error('a bad row');
      return () => {
        handled.push(...rows.map(({ topic }) => topic));
        if (handled.length === 4) done.resolve();
      };
    },
  });
  await pool.query(
    `INSERT INTO outbox (consumer, topic, tenant_id, generation_id) SELECT 'stream', topic, $1, $1 FROM unnest($2::text[]) AS topic`,
    [randomUUID(), ['first', 'bad', 'second', 'third', 'fourth']],
  );
  reader.start();
  await done.promise;
  await reader.stop();
  expect(handled).toEqual(['first', 'second', 'third', 'fourth']);
  const [left] = await pool.query<{ topic: string; attempts: number }>('SELECT topic, attempts FROM outbox');
  expect(left?.topic).toBe('bad');
  expect(left?.attempts).toBeGreaterThanOrEqual(1);
});
