import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PoolUnderTest, soon } from '#apps/scheduler/testing/pool-under-test';
import { MAX_LOST_LEASES } from '#core/generations/limits';
import { aNode } from '#testing/builders';

let pool: PoolUnderTest;

beforeAll(async () => {
  pool = await PoolUnderTest.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());
afterEach(() => pool.end());

it('admits, notes that it began, and gives the lane to the next after the settle', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const first = await pool.queued({ callbackUrl: 'https://example.com/done' });
  const second = await pool.queued();

  const lease = await pool.leaseOf(first);
  expect(lease.fence).toBe('1');
  expect(await pool.outboxTopics(first)).toContain('workflow admitted');
  await pool.stampRun(lease);
  agent.send({ type: 'began', ...lease, stage: 'draft' });
  await soon(() => pool.stateOf(first)).toBe('running');
  agent.send({ type: 'began', ...lease, stage: 'render' });
  expect(await pool.outboxTopics(first)).toContain('delivery dreaming');
  expect(await pool.stateOf(second)).toBe('queued');

  await pool.runs.settle(lease);
  expect((await pool.leaseOf(second)).fence).toBe('1');
  expect((await pool.outboxTopics(first)).filter((topic) => topic === 'delivery dreaming')).toHaveLength(1);
});

it('frees a cancelled lane when its node says so, and knows it if told twice', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const first = await pool.queued();
  const lease = await pool.leaseOf(first);
  const second = await pool.queued();
  await pool.cancel(first);

  expect(await agent.next('recall')).toMatchObject({ ...lease, reason: 'cancelled' });
  expect(await agent.next('recall')).toMatchObject(lease); // said again until answered
  expect(await pool.stateOf(second)).toBe('queued');
  for (let times = 0; times < 2; times += 1) {
    agent.send({ type: 'freed', ...lease });
    expect(await agent.next('freed_noted')).toMatchObject(lease);
  }
  await pool.leaseOf(second);
});

it('takes back a lease whose node says that its lanes are free', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const generation = await pool.queued();
  const lease = await pool.leaseOf(generation);
  agent.send({ type: 'freed', ...lease });
  await agent.next('freed_noted');
  expect((await pool.leaseOf(generation, '2')).fence).toBe('2');
  expect(await pool.owner.query('SELECT end_reason FROM leases WHERE generation_id = $1 AND fence = 1', [generation])).toEqual([
    { end_reason: 'taken_back' },
  ]);
});

it('admits nothing while leases wait for their runs, and takes them back in the end', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  const scheduler = await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const beat = async () => {
    agent.send({ type: 'heartbeat', residentModels: [], progress: [] });
    await agent.next('heartbeat_noted');
  };
  const first = await pool.queued();
  const lease = await pool.leaseOf(first);
  await beat();
  scheduler.clock.advance(2_500);
  const second = await pool.queued();
  await beat();
  await pool.changesRead();
  expect(await pool.stateOf(second)).toBe('queued');
  await pool.stampRun(lease);
  const secondLease = await pool.leaseOf(second);

  // More than the limit: its wait is counted from when the leader knew of the commit, which may be after the first step. Each step is far from
  // the silence that would cost the node all its leases.
  for (const ms of [4_000, 3_000, 4_000]) {
    await beat();
    scheduler.clock.advance(ms);
  }
  await beat();
  scheduler.clock.advance(3_500);
  expect(await agent.next('recall')).toMatchObject({ ...secondLease, reason: 'taken_back' });
  await soon(() => pool.stateOf(second)).not.toBe('running');
  expect(await pool.stateOf(first)).toBe('admitted');
});

it('fails and returns the credits after too many lost leases', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const generation = await pool.queued();
  for (let fence = 1; fence < MAX_LOST_LEASES; fence += 1) {
    const lease = await pool.leaseOf(generation, String(fence));
    await pool.stampRun(lease);
    agent.send({ type: 'freed', ...lease });
    await agent.next('freed_noted');
  }
  const last = await pool.leaseOf(generation, String(MAX_LOST_LEASES));
  agent.send({ type: 'freed', ...last });
  await soon(() => pool.stateOf(generation)).toBe('failed');
  agent.send({ type: 'freed', ...last });
  await agent.next('freed_noted');
  await pool.leaseOf(await pool.queued());
});

it('does not take back what has no lane stages left: that settles', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const generation = await pool.queued();
  const lease = await pool.leaseOf(generation);
  const [row] = await pool.owner.query<{ stages: ('render' | 'moderate')[] }>('SELECT stages FROM generations WHERE id = $1', [generation]);
  for (const stage of row?.stages ?? []) await pool.runs.saveCheckpoint(lease, stage, 0, {});
  agent.send({ type: 'freed', ...lease });
  await agent.next('freed_noted');
  await pool.runs.settle(lease);
  expect(await pool.stateOf(generation)).toBe('completed');
});

it('goes on by itself after the database ended its connections', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const lease = await pool.leaseOf(await pool.queued());
  const generation = await pool.queued();
  // Should the leader not renew in time, its nodes are told to come again.
  agent.socket.once('close', () => void pool.startAgent(nodeId, [lease]).catch(() => {}));
  await pool.owner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'halogen-scheduler%'`,
  );
  await pool.leaseOf(generation);
});
