import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PoolUnderTest, soon } from '#apps/scheduler/testing/pool-under-test';
import { LeaseLost } from '#core/generations/lease-lost';
import { aNode } from '#testing/builders';

let pool: PoolUnderTest;

beforeAll(async () => {
  pool = await PoolUnderTest.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());
afterEach(() => pool.end());

it('a silent node loses its leases, and its lanes are not used before its old children are dead', async () => {
  const [silentId, otherId] = [await aNode(pool.owner, 1, pool.poolClass), await aNode(pool.owner, 1, pool.poolClass)];
  const scheduler = await pool.startScheduler();
  const silent = await pool.startAgent(silentId);
  const generation = await pool.queued();
  const lease = await pool.leaseOf(generation);
  await pool.beginRun(silent, lease);
  const other = await pool.startAgent(otherId);

  scheduler.clock.advance(5_000);
  other.send({ type: 'heartbeat', residentModels: [], progress: [] });
  await other.next('heartbeat_noted');
  scheduler.clock.advance(4_500);
  const resumed = await pool.leaseOf(generation, '2');
  expect((await pool.placeOf(resumed)).nodeId).toBe(otherId);
  await pool.stampRun(resumed);
  await expect(pool.runs.settle(lease)).rejects.toThrow(LeaseLost);

  const next = await pool.queued();
  const back = await pool.startAgent(silentId, [lease]);
  expect(back.registered.kill).toEqual([lease]);
  back.send({ type: 'heartbeat', residentModels: [], progress: [] });
  await back.next('heartbeat_noted');
  expect(await pool.stateOf(next)).toBe('queued');
  back.send({ type: 'freed', ...lease });
  await back.next('freed_noted');
  expect((await pool.placeOf(await pool.leaseOf(next))).nodeId).toBe(silentId);
});

it('an agent with a living child reconnects to a new leader, and only strangers are killed', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const generation = await pool.queued();
  const lease = await pool.leaseOf(generation);
  await pool.beginRun(agent, lease);

  const second = await pool.startScheduler('http://second.example');
  const turnedAway = await pool.connect(second, nodeId);
  expect(await turnedAway.next('leader')).toEqual({ type: 'leader', url: 'http://127.0.0.1:1' });
  await pool.stopFirstScheduler(); // as a SIGTERM does
  await pool.leads(second);

  const stranger = { tenantId: pool.tenantId, generationId: randomUUID(), fence: '7' };
  const again = await pool.startAgent(nodeId, [lease, stranger], second);
  expect(again.registered.kill).toEqual([stranger]);
  await pool.runs.settle(lease);
  expect(await pool.stateOf(generation)).toBe('completed');
  expect(await pool.owner.query('SELECT epoch::int FROM scheduler_leaders WHERE pool_class = $1', [pool.poolClass])).toEqual([
    { epoch: 2 },
  ]);
});

it('a node that drains gives its work to others, and nothing counts as lost', async () => {
  const drainedId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const drained = await pool.startAgent(drainedId);
  const generation = await pool.queued();
  const lease = await pool.leaseOf(generation);
  await pool.beginRun(drained, lease);
  await pool.startAgent(await aNode(pool.owner, 1, pool.poolClass));

  await pool.setNodeState(drainedId, 'draining');
  await drained.next('drain');
  expect(await drained.next('recall')).toMatchObject({ ...lease, reason: 'drained' });
  expect((await pool.placeOf(await pool.leaseOf(generation, '2'))).nodeId).not.toBe(drainedId);
  expect(await pool.owner.query('SELECT lost_leases FROM generations WHERE id = $1', [generation])).toEqual([{ lost_leases: 0 }]);
});

it('a cordoned node finishes what it runs and gets nothing new, until it is put back', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const first = await pool.queued();
  const lease = await pool.leaseOf(first);
  await pool.beginRun(agent, lease);
  await pool.setNodeState(nodeId, 'cordoned');
  await soon(async () => (await pool.lanesShown()).toSorted()).toEqual(['away', 'shared']);
  const second = await pool.queued();
  await pool.runs.settle(lease);
  expect(await pool.stateOf(first)).toBe('completed');
  expect(await pool.stateOf(second)).toBe('queued');
  await pool.setNodeState(nodeId, 'in_service');
  await pool.leaseOf(second);
});

it('a node that leaves loses its leases at once', async () => {
  const leavingId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  const leaving = await pool.startAgent(leavingId);
  const generation = await pool.queued();
  await pool.beginRun(leaving, await pool.leaseOf(generation));
  await pool.startAgent(await aNode(pool.owner, 1, pool.poolClass));
  leaving.send({ type: 'leaving' });
  expect((await pool.placeOf(await pool.leaseOf(generation, '2'))).nodeId).not.toBe(leavingId);
});

it('lets nobody in without a token of a node, and ends a stream that does not keep to the protocol', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  const scheduler = await pool.startScheduler();
  await expect(pool.connect(scheduler, 'a-wrong-token')).rejects.toThrow('401');
  for (const text of ['{', '{"type":"unknown"}', JSON.stringify({ type: 'leaving' })]) {
    const agent = await pool.connect(scheduler, nodeId);
    agent.socket.send(text);
    const [code] = await once(agent.socket, 'close');
    expect(code).toBe(1_008);
  }
});
