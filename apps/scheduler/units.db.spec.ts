import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PoolUnderTest } from '#apps/scheduler/testing/pool-under-test';
import { LeaseLost } from '#core/generations/lease-lost';
import type { Stage } from '#core/generations/stages';
import { NO_WISHES } from '#features/generations/submit-group';
import { aNode, aTenant } from '#testing/builders';

let pool: PoolUnderTest;

beforeAll(async () => {
  pool = await PoolUnderTest.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());
afterEach(() => pool.end());

it('takes a lane back from the youngest borrower for its owner, keeps finished stages, and loses nothing', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  const provisioned = await aTenant(pool.owner, 1_000_000_000n);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const older = await pool.queued();
  await pool.beginRun(agent, await pool.leaseOf(older));
  const younger = await pool.queued();
  const borrowed = await pool.leaseOf(younger);
  await pool.beginRun(agent, borrowed);
  const [row] = await pool.owner.query<{ stages: Stage[] }>('SELECT stages FROM generations WHERE id = $1', [younger]);
  await pool.runs.saveCheckpoint(borrowed, row?.stages[0] as Stage, 0, {});

  await pool.commit(provisioned, 1);
  const own = await pool.queued({ tenantId: provisioned, wishes: { ...NO_WISHES, serviceTier: 'dedicated' } });
  expect(await agent.next('recall')).toMatchObject({ ...borrowed, reason: 'recalled' });
  expect(await pool.stateOf(younger)).toBe('queued'); // told after the commit
  expect(await pool.stateOf(own)).toBe('queued'); // its lane is not free yet
  await expect(pool.runs.settle(borrowed)).rejects.toThrow(LeaseLost);
  agent.send({ type: 'freed', ...borrowed });
  const started = await pool.leaseOf(own);
  expect((await pool.placeOf(started)).servedFrom).toBe('own');
  expect(await pool.owner.query('SELECT lost_leases FROM generations WHERE id = $1', [younger])).toEqual([{ lost_leases: 0 }]);
  expect(await pool.owner.query('SELECT end_reason FROM leases WHERE generation_id = $1', [younger])).toEqual([{ end_reason: 'recalled' }]);
  const kept = await pool.owner.query('SELECT tenant_id, owner_id, node_id, lanes FROM recalls WHERE generation_id = $1', [younger]);
  expect(kept).toEqual([{ tenant_id: pool.tenantId, owner_id: provisioned, node_id: nodeId, lanes: 1 }]);
  expect(await pool.owner.query('SELECT stage FROM checkpoints WHERE generation_id = $1', [younger])).toHaveLength(1);

  await pool.beginRun(agent, started);
  await pool.runs.settle(started);
  expect(await pool.stateOf(older)).toBe('running');
  expect(agent.heardOf('recall', { generationId: older })).toBe(false);
});

it('never recalls guaranteed work, and lends units that are idle', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  const [one, two] = [await aTenant(pool.owner, 1_000_000_000n), await aTenant(pool.owner, 1_000_000_000n)];
  await pool.commit(one, 1);
  await pool.commit(two, 1);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const wishes = { ...NO_WISHES, serviceTier: 'spillover' as const };
  const own = await pool.leaseOf(await pool.queued({ tenantId: one, wishes }));
  await pool.beginRun(agent, own);
  const lent = await pool.leaseOf(await pool.queued({ tenantId: one, wishes }));
  await pool.beginRun(agent, lent);
  expect([(await pool.placeOf(own)).servedFrom, (await pool.placeOf(lent)).servedFrom]).toEqual(['own', 'lent']);
  await pool.queued({ tenantId: two, wishes });
  expect(await agent.next('recall')).toMatchObject({ ...lent, reason: 'recalled' });
});

it('what is guaranteed is known after a take-over, too', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  const provisioned = await aTenant(pool.owner, 1_000_000_000n);
  await pool.commit(provisioned, 1);
  await pool.startScheduler();
  const agent = await pool.startAgent(nodeId);
  const borrowed = await pool.leaseOf(await pool.queued());
  await pool.beginRun(agent, borrowed);
  const second = await pool.startScheduler('http://second.example');
  await pool.stopFirstScheduler();
  await pool.leads(second);
  const again = await pool.startAgent(nodeId, [borrowed], second);
  await pool.queued({ tenantId: provisioned, wishes: { ...NO_WISHES, serviceTier: 'dedicated' } });
  expect(await again.next('recall')).toMatchObject({ ...borrowed, reason: 'recalled' });
});
