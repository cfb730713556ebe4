import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Relay } from '#apps/generation-worker/relay/relay';
import { startRun } from '#apps/generation-worker/relay/start-run';
import { admitGeneration, NODE_ID, prepareTenantAndNode } from '#apps/generation-worker/testing/admit-generation';
import { TemporalDoor } from '#apps/generation-worker/testing/temporal-door';
import { laneQueueOf } from '#contracts/lanes/task-queues';
import type { LeaseRef } from '#core/generations/lease';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { TemporalConnection } from '#platform/temporal/temporal-connection';
import { type TestDatabase, testDatabase } from '#testing/test-database';
import type { GenerateInput } from '#workflows/activities';
import { testTemporalAddress } from '#workflows/testing/test-temporal';

const TEMPORAL_ADDRESS = testTemporalAddress();
const WAIT = { timeout: 20_000, interval: 20 };

let database: TestDatabase;
let db: HotPool;
let notifications: Notifications;
let temporal: TemporalConnection;
let client: Client;
let taskQueue: string;
const relays: Relay[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await testDatabase();
  const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 1 });
  await prepareTenantAndNode(owner);
  await owner.close();
  db = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 6 });
  notifications = new Notifications(database.controlUrl, 'test');
  temporal = new TemporalConnection({ address: TEMPORAL_ADDRESS, namespace: 'default' });
  client = new Client({ connection: await temporal.ready() });
}, 60_000);

afterAll(async () => {
  await temporal.close();
  await notifications.close();
  await db.close();
  await database.drop();
});

beforeEach(() => {
  taskQueue = `test/${randomUUID()}`;
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

function startRelay(connection = temporal): void {
  const relay = new Relay(db, notifications, connection, { taskQueue, eager: false });
  relays.push(relay);
  relay.start();
}

it('an admitted lease gets its run, the stamp, and its row is done', async () => {
  startRelay();
  const lease = await admitGeneration(db);
  await vi.waitFor(async () => expect(await stateOf(lease)).toEqual({ stamped: true, rows: 0 }), WAIT);
  expect(await inputOf(lease)).toEqual({
    ...lease,
    laneQueue: laneQueueOf(NODE_ID),
    stages: ['moderate', 'plan', 'render', 'publish'],
    round: 0,
    laneStageTimeoutMs: 120_000,
  });
});

it('a run resumes after the checkpoints of earlier leases', async () => {
  startRelay();
  const lease = await admitGeneration(db, {
    kind: 'video',
    stages: ['moderate', 'plan', 'draft', 'judge', 'render', 'package', 'publish'],
    checkpoints: [
      { stage: 'moderate', round: 0, outcome: {} },
      { stage: 'plan', round: 0, outcome: {} },
      { stage: 'draft', round: 0, outcome: {} },
      { stage: 'judge', round: 0, outcome: { verdict: 'again' } },
    ],
  });
  await vi.waitFor(async () => expect(await stateOf(lease)).toEqual({ stamped: true, rows: 0 }), WAIT);
  expect(await inputOf(lease)).toMatchObject({ stages: ['plan', 'draft', 'judge', 'render', 'package', 'publish'], round: 1 });
});

it('the trace of the generation goes with its run, even where nothing else is traced', async () => {
  startRelay();
  const lease = await admitGeneration(db, { traceparent: '00-11111111111111111111111111111111-2222222222222222-01' });
  await vi.waitFor(async () => expect(await stateOf(lease)).toEqual({ stamped: true, rows: 0 }), WAIT);
  const { events } = await handleOf(lease).fetchHistory();
  expect(events?.[0]?.workflowExecutionStartedEventAttributes?.header?.fields).toHaveProperty('_tracer-data');
});

it('a run that was started before a crash is not started again, only noted', async () => {
  const lease = await admitGeneration(db);
  await startRun(temporal, aRun(lease), { taskQueue, eager: false });
  const { runId } = await handleOf(lease).describe();
  startRelay();
  await vi.waitFor(async () => expect(await stateOf(lease)).toEqual({ stamped: true, rows: 0 }), WAIT);
  expect((await handleOf(lease).describe()).runId).toBe(runId);
});

it('a lease that has ended meanwhile gets no run', async () => {
  const lease = await admitGeneration(db);
  await db.query(`UPDATE leases SET ended_at = now(), end_reason = 'cancelled' WHERE generation_id = $1`, [lease.generationId]);
  startRelay();
  await vi.waitFor(async () => expect(await stateOf(lease)).toEqual({ stamped: false, rows: 0 }), WAIT);
  await expect(handleOf(lease).describe()).rejects.toThrow(WorkflowNotFoundError);
});

it('two relays start each of many runs', async () => {
  const leases = await Promise.all(Array.from({ length: 150 }, () => admitGeneration(db)));
  startRelay();
  startRelay();
  await vi.waitFor(async () => expect(await db.query(`SELECT 1 FROM outbox`)).toEqual([]), WAIT);
  expect(await db.query(`SELECT 1 FROM leases WHERE run_started_at IS NULL AND ended_at IS NULL`)).toEqual([]);
  await Promise.all(leases.map((lease) => handleOf(lease).describe()));
}, 40_000);

it('while Temporal is away rows wait, from the start on and in the middle', { timeout: 60_000 }, async () => {
  const door = new TemporalDoor(TEMPORAL_ADDRESS);
  await door.open();
  const away = new TemporalConnection({ address: door.address, namespace: 'default' });
  await door.close();
  const early = await admitGeneration(db);
  startRelay(away);
  await expect(away.check()).rejects.toThrow('not connected');
  expect(await stateOf(early)).toEqual({ stamped: false, rows: 1 });

  await door.open();
  await vi.waitFor(async () => expect(await stateOf(early)).toEqual({ stamped: true, rows: 0 }), WAIT);
  await away.check();

  await door.close();
  const late = await admitGeneration(db);
  await vi.waitFor(async () => expect(await attemptsOf(late)).toBeGreaterThan(0), WAIT);
  expect(await stateOf(late)).toEqual({ stamped: false, rows: 1 });
  await expect(away.check()).rejects.toThrow();

  await door.open();
  await vi.waitFor(async () => expect(await stateOf(late)).toEqual({ stamped: true, rows: 0 }), WAIT);
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await away.close();
  await door.close();
});

function aRun(lease: LeaseRef): Parameters<typeof startRun>[1] {
  return {
    ...lease,
    outboxId: '1',
    attempts: 1,
    traceparent: null,
    lease: { ...lease, nodeId: NODE_ID, stages: [], estimatedMs: 1, checkpoints: [] },
  };
}

function handleOf({ generationId, fence }: LeaseRef) {
  return client.workflow.getHandle(`${generationId}/${fence}`);
}

async function inputOf(lease: LeaseRef): Promise<GenerateInput> {
  const { events } = await handleOf(lease).fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return JSON.parse(Buffer.from(payload?.data ?? '').toString());
}

async function stateOf({ generationId }: LeaseRef): Promise<{ stamped: boolean; rows: number }> {
  const [state] = await db.query<{ stamped: boolean; rows: number }>(
    `SELECT run_started_at IS NOT NULL AS stamped, (SELECT count(*)::integer FROM outbox o WHERE o.generation_id = l.generation_id) AS rows
       FROM leases l WHERE generation_id = $1`,
    [generationId],
  );
  if (!state) throw new Error('the lease is not there');
  return state;
}

async function attemptsOf({ generationId }: LeaseRef): Promise<number> {
  const [row] = await db.query<{ attempts: number }>(`SELECT attempts FROM outbox WHERE generation_id = $1`, [generationId]);
  return row?.attempts ?? 0;
}
