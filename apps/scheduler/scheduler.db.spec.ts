import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { schedulerModule } from '#apps/scheduler/scheduler.module';
import { JumpingClock } from '#apps/scheduler/testing/jumping-clock';
import { TestAgent } from '#apps/scheduler/testing/test-agent';
import type { SchedulerMessage } from '#contracts/lanes/messages';
import type { WaitTold } from '#contracts/queues/wait-questions';
import { stateOf as stateOfCell, unpackCells } from '#core/capacity/lane-cells';
import type { NodeState } from '#core/capacity/node-state';
import type { LeaseRef } from '#core/generations/lease';
import { LeaseLost } from '#core/generations/lease-lost';
import { MAX_LOST_LEASES } from '#core/generations/limits';
import type { Stage } from '#core/generations/stages';
import { resolveAll } from '#features/generations/resolve-group';
import { RunsService } from '#features/generations/runs.service';
import { NO_WISHES, type SubmitCommand, submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HaloService } from '#features/scheduling/halo.service';
import { WaitQuestions } from '#features/scheduling/wait-questions.service';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let owner: HotPool;
let runs: RunsService;
let tenantId: string;
let poolClass: string;
const schedulers: TestScheduler[] = [];
const agents: TestAgent[] = [];

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 6 });
  runs = new RunsService(owner);
});

afterAll(async () => {
  await owner?.close();
  await database?.drop();
});

beforeEach(async () => {
  tenantId = await aTenant(owner, 1_000_000_000n);
  poolClass = `pool-${randomUUID().slice(0, 8)}`;
});

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.close();
  await Promise.all(schedulers.splice(0).map(({ app }) => app.close()));
  expect(await ledgerDifferences(owner)).toEqual([]);
});

it('admits, notes that it began, and gives the lane to the next after the settle', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const first = await queued({ callbackUrl: 'https://example.com/done' });
  const second = await queued();

  const lease = await leaseOf(first);
  expect(lease.fence).toBe('1');
  expect(await outboxTopics(first)).toContain('workflow admitted');
  await stampRun(lease);
  agent.send({ type: 'began', ...lease, stage: 'draft' });
  await soon(() => stateOf(first)).toBe('running');
  agent.send({ type: 'began', ...lease, stage: 'render' });
  expect(await outboxTopics(first)).toContain('delivery dreaming');
  expect(await stateOf(second)).toBe('queued');

  await runs.settle(lease);
  expect((await leaseOf(second)).fence).toBe('1');
  expect((await outboxTopics(first)).filter((topic) => topic === 'delivery dreaming')).toHaveLength(1);
});

it('frees a cancelled lane when its node says so, and knows it if told twice', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const first = await queued();
  const lease = await leaseOf(first);
  const second = await queued();
  await cancel(first);

  expect(await agent.next('recall')).toMatchObject({ ...lease, reason: 'cancelled' });
  expect(await agent.next('recall')).toMatchObject(lease); // said again until answered
  expect(await stateOf(second)).toBe('queued');
  for (let times = 0; times < 2; times += 1) {
    agent.send({ type: 'freed', ...lease });
    expect(await agent.next('freed_noted')).toMatchObject(lease);
  }
  await leaseOf(second);
});

it('takes back a lease whose node says that its lanes are free', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const generation = await queued();
  const lease = await leaseOf(generation);
  agent.send({ type: 'freed', ...lease });
  await agent.next('freed_noted');
  expect((await leaseOf(generation, '2')).fence).toBe('2');
  expect(await owner.query('SELECT end_reason FROM leases WHERE generation_id = $1 AND fence = 1', [generation])).toEqual([
    { end_reason: 'taken_back' },
  ]);
});

it('a silent node loses its leases, and its lanes are not used before its old children are dead', async () => {
  const [silentId, otherId] = [await aNode(owner, 1, poolClass), await aNode(owner, 1, poolClass)];
  const scheduler = await startScheduler();
  const silent = await startAgent(silentId);
  const generation = await queued();
  const lease = await leaseOf(generation);
  await begin(silent, lease);
  const other = await startAgent(otherId);

  scheduler.clock.advance(5_000);
  other.send({ type: 'heartbeat', residentModels: [], progress: [] });
  await other.next('heartbeat_noted');
  scheduler.clock.advance(4_500);
  const resumed = await leaseOf(generation, '2');
  expect(await nodeOf(resumed)).toBe(otherId);
  await stampRun(resumed);
  await expect(runs.settle(lease)).rejects.toThrow(LeaseLost);

  const next = await queued();
  const back = await startAgent(silentId, [lease]);
  expect(back.registered.kill).toEqual([lease]);
  back.send({ type: 'heartbeat', residentModels: [], progress: [] });
  await back.next('heartbeat_noted');
  expect(await stateOf(next)).toBe('queued');
  back.send({ type: 'freed', ...lease });
  await back.next('freed_noted');
  expect(await nodeOf(await leaseOf(next))).toBe(silentId);
});

it('an agent with a living child reconnects to a new leader, and only strangers are killed', async () => {
  const nodeId = await aNode(owner, 2, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const generation = await queued();
  const lease = await leaseOf(generation);
  await begin(agent, lease);

  const second = await startScheduler('http://second.example');
  const turnedAway = await connect(second, nodeId);
  expect(await turnedAway.next('leader')).toEqual({ type: 'leader', url: 'http://127.0.0.1:1' });
  await schedulers.shift()?.app.close(); // as a SIGTERM does
  await soon(() => second.app.get(HaloService).schedulerOf(poolClass)).toBeDefined();

  const stranger = { tenantId, generationId: randomUUID(), fence: '7' };
  const again = await startAgent(nodeId, [lease, stranger], second);
  expect(again.registered.kill).toEqual([stranger]);
  await runs.settle(lease);
  expect(await stateOf(generation)).toBe('completed');
  expect(await owner.query('SELECT epoch::int FROM scheduler_leaders WHERE pool_class = $1', [poolClass])).toEqual([{ epoch: 2 }]);
});

it('a node that drains gives its work to others, and nothing counts as lost', async () => {
  const drainedId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const drained = await startAgent(drainedId);
  const generation = await queued();
  const lease = await leaseOf(generation);
  await begin(drained, lease);
  await startAgent(await aNode(owner, 1, poolClass));

  await setNodeState(drainedId, 'draining');
  await drained.next('drain');
  expect(await drained.next('recall')).toMatchObject({ ...lease, reason: 'drained' });
  expect(await nodeOf(await leaseOf(generation, '2'))).not.toBe(drainedId);
  expect(await owner.query('SELECT lost_leases FROM generations WHERE id = $1', [generation])).toEqual([{ lost_leases: 0 }]);
});

it('a cordoned node finishes what it runs and gets nothing new, until it is put back', async () => {
  const nodeId = await aNode(owner, 2, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const first = await queued();
  const lease = await leaseOf(first);
  await begin(agent, lease);
  await setNodeState(nodeId, 'cordoned');
  await soon(async () => (await lanesShown()).toSorted()).toEqual(['away', 'shared']);
  const second = await queued();
  await runs.settle(lease);
  expect(await stateOf(first)).toBe('completed');
  expect(await stateOf(second)).toBe('queued');
  await setNodeState(nodeId, 'in_service');
  await leaseOf(second);
});

it('a node that leaves loses its leases at once', async () => {
  const leavingId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const leaving = await startAgent(leavingId);
  const generation = await queued();
  await begin(leaving, await leaseOf(generation));
  await startAgent(await aNode(owner, 1, poolClass));
  leaving.send({ type: 'leaving' });
  expect(await nodeOf(await leaseOf(generation, '2'))).not.toBe(leavingId);
});

describe('units', () => {
  it('takes a lane back from the youngest borrower for its owner, keeps finished stages, and loses nothing', async () => {
    const nodeId = await aNode(owner, 2, poolClass);
    const provisioned = await aTenant(owner, 1_000_000_000n);
    await startScheduler();
    const agent = await startAgent(nodeId);
    const older = await queued();
    await begin(agent, await leaseOf(older));
    const younger = await queued();
    const borrowed = await leaseOf(younger);
    await begin(agent, borrowed);
    const [row] = await owner.query<{ stages: Stage[] }>('SELECT stages FROM generations WHERE id = $1', [younger]);
    await runs.saveCheckpoint(borrowed, row?.stages[0] as Stage, 0, {});

    await commit(provisioned, 1);
    const own = await queued({ tenantId: provisioned, wishes: { ...NO_WISHES, serviceTier: 'dedicated' } });
    expect(await agent.next('recall')).toMatchObject({ ...borrowed, reason: 'recalled' });
    expect(await stateOf(younger)).toBe('queued'); // told after the commit
    expect(await stateOf(own)).toBe('queued'); // its lane is not free yet
    await expect(runs.settle(borrowed)).rejects.toThrow(LeaseLost);
    agent.send({ type: 'freed', ...borrowed });
    const started = await leaseOf(own);
    expect(await servedFrom(started)).toBe('own');
    expect(await owner.query('SELECT lost_leases FROM generations WHERE id = $1', [younger])).toEqual([{ lost_leases: 0 }]);
    expect(await owner.query('SELECT end_reason FROM leases WHERE generation_id = $1', [younger])).toEqual([{ end_reason: 'recalled' }]);
    const kept = await owner.query('SELECT tenant_id, owner_id, node_id, lanes FROM recalls WHERE generation_id = $1', [younger]);
    expect(kept).toEqual([{ tenant_id: tenantId, owner_id: provisioned, node_id: nodeId, lanes: 1 }]);
    expect(await owner.query('SELECT stage FROM checkpoints WHERE generation_id = $1', [younger])).toHaveLength(1);

    await begin(agent, started);
    await runs.settle(started);
    expect(await stateOf(older)).toBe('running');
    expect(agent.heardOf('recall', { generationId: older })).toBe(false);
  });

  it('never recalls guaranteed work, and lends units that are idle', async () => {
    const nodeId = await aNode(owner, 2, poolClass);
    const [one, two] = [await aTenant(owner, 1_000_000_000n), await aTenant(owner, 1_000_000_000n)];
    await commit(one, 1);
    await commit(two, 1);
    await startScheduler();
    const agent = await startAgent(nodeId);
    const wishes = { ...NO_WISHES, serviceTier: 'spillover' as const };
    const own = await leaseOf(await queued({ tenantId: one, wishes }));
    await begin(agent, own);
    const lent = await leaseOf(await queued({ tenantId: one, wishes }));
    await begin(agent, lent);
    expect([await servedFrom(own), await servedFrom(lent)]).toEqual(['own', 'lent']);
    await queued({ tenantId: two, wishes });
    expect(await agent.next('recall')).toMatchObject({ ...lent, reason: 'recalled' });
  });

  it('what is guaranteed is known after a take-over, too', async () => {
    const nodeId = await aNode(owner, 1, poolClass);
    const provisioned = await aTenant(owner, 1_000_000_000n);
    await commit(provisioned, 1);
    await startScheduler();
    const agent = await startAgent(nodeId);
    const borrowed = await leaseOf(await queued());
    await begin(agent, borrowed);
    const second = await startScheduler('http://second.example');
    await schedulers.shift()?.app.close();
    await soon(() => second.app.get(HaloService).schedulerOf(poolClass)).toBeDefined();
    const again = await startAgent(nodeId, [borrowed], second);
    await queued({ tenantId: provisioned, wishes: { ...NO_WISHES, serviceTier: 'dedicated' } });
    expect(await again.next('recall')).toMatchObject({ ...borrowed, reason: 'recalled' });
  });
});

it('admits nothing while leases wait for their runs, and takes them back in the end', async () => {
  const nodeId = await aNode(owner, 2, poolClass);
  const scheduler = await startScheduler();
  const agent = await startAgent(nodeId);
  const first = await queued();
  const lease = await leaseOf(first);
  scheduler.clock.advance(2_500);
  const second = await queued();
  agent.send({ type: 'heartbeat', residentModels: [], progress: [] });
  await agent.next('heartbeat_noted');
  await changesRead();
  expect(await stateOf(second)).toBe('queued');
  await stampRun(lease);
  const secondLease = await leaseOf(second);

  scheduler.clock.advance(4_000);
  agent.send({ type: 'heartbeat', residentModels: [], progress: [] });
  await agent.next('heartbeat_noted');
  scheduler.clock.advance(6_500);
  expect(await agent.next('recall')).toMatchObject({ ...secondLease, reason: 'taken_back' });
  await soon(() => stateOf(second)).not.toBe('running');
  expect(await stateOf(first)).toBe('admitted');
});

it('fails and returns the credits after too many lost leases', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const generation = await queued();
  for (let fence = 1; fence < MAX_LOST_LEASES; fence += 1) {
    const lease = await leaseOf(generation, String(fence));
    await stampRun(lease);
    agent.send({ type: 'freed', ...lease });
    await agent.next('freed_noted');
  }
  const last = await leaseOf(generation, String(MAX_LOST_LEASES));
  agent.send({ type: 'freed', ...last });
  await soon(() => stateOf(generation)).toBe('failed');
  agent.send({ type: 'freed', ...last });
  await agent.next('freed_noted');
  await leaseOf(await queued());
});

it('does not take back what has no lane stages left: that settles', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const generation = await queued();
  const lease = await leaseOf(generation);
  const [row] = await owner.query<{ stages: ('render' | 'moderate')[] }>('SELECT stages FROM generations WHERE id = $1', [generation]);
  for (const stage of row?.stages ?? []) await runs.saveCheckpoint(lease, stage, 0, {});
  agent.send({ type: 'freed', ...lease });
  await agent.next('freed_noted');
  await runs.settle(lease);
  expect(await stateOf(generation)).toBe('completed');
});

it('goes on by itself after the database ended its connections', async () => {
  const nodeId = await aNode(owner, 2, poolClass);
  await startScheduler();
  const agent = await startAgent(nodeId);
  const lease = await leaseOf(await queued());
  const generation = await queued();
  // Should the leader not renew in time, its nodes are told to come again.
  agent.socket.once('close', () => void startAgent(nodeId, [lease]).catch(() => {}));
  await owner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'halogen-scheduler%'`,
  );
  await leaseOf(generation);
});

it('lets nobody in without a token of a node, and ends a stream that does not keep to the protocol', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  const scheduler = await startScheduler();
  await expect(connect(scheduler, 'a-wrong-token')).rejects.toThrow('401');
  for (const text of ['{', '{"type":"unknown"}', JSON.stringify({ type: 'leaving' })]) {
    const agent = await connect(scheduler, nodeId);
    agent.socket.send(text);
    const [code] = await once(agent.socket, 'close');
    expect(code).toBe(1_008);
  }
});

it('tells who asks why a generation waits, its place, and when a batch will be done', async () => {
  const nodeId = await aNode(owner, 1, poolClass);
  await startScheduler();
  await startAgent(nodeId);
  const running = await queued();
  await leaseOf(running);
  const [first, second] = [await queued(), await queued()];
  await changesRead();
  const notifications = new Notifications(database.controlUrl, 'test-listen');
  const questions = new WaitQuestions(owner, notifications);
  questions.onApplicationBootstrap();
  const listening = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'test-listen' AND query LIKE 'LISTEN%' AND state = 'idle'`;
  await soon(() => owner.query(listening)).toHaveLength(1);
  // A leader that is busy for half a second leaves a question without an answer: who wants to know asks again.
  const ask = async (generationId: string): Promise<WaitTold | null> => {
    let told: WaitTold | null = null;
    const asking = async () => {
      told = await questions.ask({ poolClass, tenantId, generationId });
      return told;
    };
    await soon(asking).not.toBeNull();
    return told;
  };
  expect(await ask(first)).toMatchObject({ reason: 'no_free_lane', position: 1 });
  const wait = await ask(second);
  expect(wait?.position).toBe(2);
  expect(wait?.startP90).toBeGreaterThanOrEqual(wait?.startP50 as number);
  expect(await ask(running)).toMatchObject({ reason: 'behind_its_queue', position: null });

  const kinds = [{ model: 'photon-1', outputKey: '1080p', gangLanes: 1, rows: 100, burnLaneMs: 300_000 }];
  await soon(() => questions.askFinish({ poolClass, tenantId, tier: 'flex', priority: 0, kinds })).toEqual({
    finishP50: expect.toSatisfy((at: number) => at > (wait?.startP50 as number)),
    finishP90: expect.any(Number),
  });
  questions.onModuleDestroy();
  await notifications.close();
});

describe('operators', () => {
  it('a paused tenant starts nothing until the pause is lifted, and holds up nobody', async () => {
    const nodeId = await aNode(owner, 2, poolClass);
    const other = await aTenant(owner, 1_000_000_000n);
    const before = await queued();
    await owner.query(`INSERT INTO tenant_pauses (tenant_id, reason) VALUES ($1, 'a test')`, [tenantId]);
    await startScheduler();
    await startAgent(nodeId);
    const after = await queued();
    await leaseOf(await queued({ tenantId: other }));
    await changesRead();
    expect([await stateOf(before), await stateOf(after)]).toEqual(['queued', 'queued']);
    await owner.query('DELETE FROM tenant_pauses');
    await owner.query(`SELECT pg_notify('halogen_scheduler', '')`);
    await soon(async () => [await stateOf(before), await stateOf(after)]).toContain('admitted');
  });

  it('a paused pool class starts nothing until the pause is lifted', async () => {
    const nodeId = await aNode(owner, 1, poolClass);
    await owner.query(`INSERT INTO pool_pauses (pool_class, reason) VALUES ($1, 'a test')`, [poolClass]);
    await startScheduler();
    await startAgent(nodeId);
    const generation = await queued();
    await changesRead();
    expect(await stateOf(generation)).toBe('queued');
    await owner.query('DELETE FROM pool_pauses');
    await owner.query(`SELECT pg_notify('halogen_scheduler', '')`);
    await leaseOf(generation);
  });

  it('another priority gives a waiting generation another place', async () => {
    const nodeId = await aNode(owner, 1, poolClass);
    await startScheduler();
    await startAgent(nodeId);
    const lease = await leaseOf(await queued());
    const [elder, younger] = [await queued(), await queued()];
    await changesRead();
    await owner.query('UPDATE generations SET priority = 10 WHERE id = $1', [younger]);
    await owner.query(
      `INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class) VALUES ('scheduler', 'queued', $1, $2, $3)`,
      [tenantId, younger, poolClass],
    );
    await stampRun(lease);
    await runs.settle(lease);
    await leaseOf(younger);
    expect(await stateOf(elder)).toBe('queued');
  });
});

interface TestScheduler {
  app: NestFastifyApplication;
  clock: JumpingClock;
  port: number;
}

async function startScheduler(url = 'http://127.0.0.1:1'): Promise<TestScheduler> {
  const module = schedulerModule({ DATABASE_CONTROL_URL: database.controlUrl, HALOGEN_SCHEDULER_URL: url });
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  const clock = new JumpingClock();
  app.get(HaloService).clock = clock;
  await app.listen(0, '127.0.0.1');
  const scheduler = { app, clock, port: (app.getHttpServer().address() as AddressInfo).port };
  if (schedulers.push(scheduler) === 1) await soon(() => app.get(HaloService).schedulerOf(poolClass)).toBeDefined();
  return scheduler;
}

async function startAgent(
  nodeId: string,
  living: LeaseRef[] = [],
  scheduler = schedulers[0] as TestScheduler,
): Promise<TestAgent & { registered: Kill }> {
  const agent = await connect(scheduler, nodeId);
  const lanes = await owner.query<{ laneId: string }>('SELECT id AS "laneId" FROM lanes WHERE node_id = $1', [nodeId]);
  agent.send({ type: 'register', lanes, poolClass, residentModels: [], living });
  return Object.assign(agent, { registered: (await agent.next('registered')) as Kill });
}

/** Looks until it is as expected. A busy machine may take long over it: how long is no part of any rule here. */
function soon<T>(look: () => T) {
  return expect.poll(look, { timeout: 30_000, interval: 10 });
}

type Kill = Extract<SchedulerMessage, { type: 'registered' }>;

async function connect({ port }: TestScheduler, token: string): Promise<TestAgent> {
  const agent = await TestAgent.connect(port, token);
  agents.push(agent);
  return agent;
}

async function queued(more: Partial<SubmitCommand> = {}): Promise<string> {
  const command = anImage(more.tenantId ?? tenantId, more);
  await owner.transaction('submit', [], (tx) => submitAll(tx, [{ ...command, quote: { ...command.quote, poolClass } }], false));
  return command.id;
}

async function commit(ofTenant: string, units: number): Promise<void> {
  await owner.query(`INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, 'a', 10) ON CONFLICT DO NOTHING`, [
    poolClass,
  ]);
  await owner.query(
    `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin)
     VALUES ($1, gen_random_uuid(), $2, $3, 1, 380000, (now() AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date + 30, 'active', 'order')`,
    [ofTenant, poolClass, units],
  );
}

async function servedFrom({ generationId, fence }: LeaseRef): Promise<string | undefined> {
  const [row] = await owner.query<{ served_from: string }>('SELECT served_from FROM leases WHERE generation_id = $1 AND fence = $2', [
    generationId,
    fence,
  ]);
  return row?.served_from;
}

async function cancel(generationId: string): Promise<void> {
  await owner.transaction('cancel', [], (tx) =>
    resolveAll(tx, [{ by: 'customer', kind: 'cancel', tenantId, generationId, reason: 'cancelled' }]),
  );
}

async function begin(agent: TestAgent, lease: LeaseRef): Promise<void> {
  await stampRun(lease);
  agent.send({ type: 'began', ...lease, stage: 'draft' });
  await soon(() => stateOf(lease.generationId)).toBe('running');
}

/** As an operator does. */
async function setNodeState(nodeId: string, state: NodeState): Promise<void> {
  await owner.query('UPDATE nodes SET state = $2 WHERE id = $1', [nodeId, state]);
  await owner.query(`SELECT pg_notify('halogen_scheduler', '')`);
}

/** What the leader shows of the lanes of the pool class, in their order. */
async function lanesShown(): Promise<string[]> {
  const [shown] = await owner.query<{ cells: Buffer }>('SELECT cells FROM live_lanes WHERE pool_class = $1', [poolClass]);
  return shown ? [...unpackCells(shown.cells)].map(stateOfCell) : [];
}

/** Waits for the generation's living lease. */
async function leaseOf(generationId: string, fence?: string): Promise<LeaseRef> {
  const find = () =>
    owner.query<LeaseRef>(
      `SELECT tenant_id AS "tenantId", generation_id AS "generationId", fence FROM leases
        WHERE generation_id = $1 AND ended_at IS NULL AND ($2::bigint IS NULL OR fence = $2)`,
      [generationId, fence ?? null],
    );
  await soon(find).toHaveLength(1);
  return (await find())[0] as LeaseRef;
}

async function stampRun({ generationId, fence }: LeaseRef): Promise<void> {
  await owner.query('UPDATE leases SET run_started_at = now() WHERE generation_id = $1 AND fence = $2', [generationId, fence]);
}

async function changesRead(): Promise<void> {
  await soon(() => owner.query(`SELECT 1 FROM outbox WHERE consumer = 'scheduler' AND pool_class = $1`, [poolClass])).toEqual([]);
}

async function stateOf(generationId: string): Promise<string> {
  const [row] = await owner.query<{ state: string }>('SELECT state FROM generations WHERE id = $1', [generationId]);
  return row?.state ?? 'unknown';
}

async function nodeOf({ generationId, fence }: LeaseRef): Promise<string> {
  const [row] = await owner.query<{ node_id: string }>('SELECT node_id FROM leases WHERE generation_id = $1 AND fence = $2', [
    generationId,
    fence,
  ]);
  return row?.node_id ?? 'unknown';
}

async function outboxTopics(generationId: string): Promise<string[]> {
  const rows = await owner.query<{ topic: string }>(`SELECT consumer || ' ' || topic AS topic FROM outbox WHERE generation_id = $1`, [
    generationId,
  ]);
  return rows.map(({ topic }) => topic);
}
