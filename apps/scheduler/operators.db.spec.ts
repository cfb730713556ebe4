import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PoolUnderTest, soon } from '#apps/scheduler/testing/pool-under-test';
import type { WaitTold } from '#contracts/queues/wait-questions';
import { WaitQuestions } from '#features/scheduling/wait-questions.service';
import { Notifications } from '#platform/database/notifications';
import { aNode, aTenant } from '#testing/builders';

let pool: PoolUnderTest;

beforeAll(async () => {
  pool = await PoolUnderTest.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());
afterEach(() => pool.end());

it('a paused tenant starts nothing until the pause is lifted, and holds up nobody', async () => {
  const nodeId = await aNode(pool.owner, 2, pool.poolClass);
  const other = await aTenant(pool.owner, 1_000_000_000n);
  const before = await pool.queued();
  await pool.owner.query(`INSERT INTO tenant_pauses (tenant_id, reason) VALUES ($1, 'a test')`, [pool.tenantId]);
  await pool.startScheduler();
  await pool.startAgent(nodeId);
  const after = await pool.queued();
  await pool.leaseOf(await pool.queued({ tenantId: other }));
  await pool.changesRead();
  expect([await pool.stateOf(before), await pool.stateOf(after)]).toEqual(['queued', 'queued']);
  await pool.owner.query('DELETE FROM tenant_pauses');
  await pool.owner.query(`SELECT pg_notify('halogen_scheduler', '')`);
  await soon(async () => [await pool.stateOf(before), await pool.stateOf(after)]).toContain('admitted');
});

it('a paused pool class starts nothing until the pause is lifted', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.owner.query(`INSERT INTO pool_pauses (pool_class, reason) VALUES ($1, 'a test')`, [pool.poolClass]);
  await pool.startScheduler();
  await pool.startAgent(nodeId);
  const generation = await pool.queued();
  await pool.changesRead();
  expect(await pool.stateOf(generation)).toBe('queued');
  await pool.owner.query('DELETE FROM pool_pauses');
  await pool.owner.query(`SELECT pg_notify('halogen_scheduler', '')`);
  await pool.leaseOf(generation);
});

it('another priority gives a waiting generation another place', async () => {
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  await pool.startAgent(nodeId);
  const lease = await pool.leaseOf(await pool.queued());
  const [elder, younger] = [await pool.queued(), await pool.queued()];
  await pool.changesRead();
  await pool.owner.query('UPDATE generations SET priority = 10 WHERE id = $1', [younger]);
  await pool.owner.query(
    `INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class) VALUES ('scheduler', 'queued', $1, $2, $3)`,
    [pool.tenantId, younger, pool.poolClass],
  );
  await pool.stampRun(lease);
  await pool.runs.settle(lease);
  await pool.leaseOf(younger);
  expect(await pool.stateOf(elder)).toBe('queued');
});

it('tells who asks why a generation waits, its place, and when a batch will be done', async () => {
  const { poolClass, tenantId } = pool;
  const nodeId = await aNode(pool.owner, 1, pool.poolClass);
  await pool.startScheduler();
  await pool.startAgent(nodeId);
  const running = await pool.queued();
  await pool.leaseOf(running);
  const [first, second] = [await pool.queued(), await pool.queued()];
  await pool.changesRead();
  const notifications = new Notifications(pool.database.controlUrl, 'test-listen');
  const questions = new WaitQuestions(pool.owner, notifications);
  questions.onApplicationBootstrap();
  const listening = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'test-listen' AND query LIKE 'LISTEN%' AND state = 'idle'`;
  await soon(() => pool.owner.query(listening)).toHaveLength(1);
  // A leader that is busy for half a second leaves a question without an answer: who wants to know asks again.
  const ask = async (generationId: string, wantsRules = false): Promise<WaitTold | null> => {
    let told: WaitTold | null = null;
    const asking = async () => {
      told = await questions.ask({ poolClass, tenantId, generationId, wantsRules });
      return told;
    };
    await soon(asking).not.toBeNull();
    return told;
  };
  expect(await ask(first)).toMatchObject({ reason: 'no_free_lane', position: 1 });
  const wait = await ask(second);
  expect(wait?.position).toBe(2);
  expect(wait?.startP90).toBeGreaterThanOrEqual(wait?.startP50 as number);
  expect(wait?.rules).toBeUndefined();
  const { rules } = (await ask(second, true)) as WaitTold;
  expect(rules?.findings).toEqual(
    expect.arrayContaining([
      { rule: 'pauses', verdict: 'passes', figures: [] },
      expect.objectContaining({
        rule: 'own_order',
        verdict: 'waits',
        figures: expect.arrayContaining([{ figure: 'aheadInTenant', value: 1 }]),
      }),
      expect.objectContaining({
        rule: 'free_lane',
        verdict: 'waits',
        figures: expect.arrayContaining([{ figure: 'freeLanes', value: 0 }]),
      }),
    ]),
  );
  expect(await ask(running)).toMatchObject({ reason: 'behind_its_queue', position: null });

  const kinds = [{ model: 'photon-1', outputKey: '1080p', gangLanes: 1, rows: 100, burnLaneMs: 300_000 }];
  await soon(() => questions.askFinish({ poolClass, tenantId, tier: 'flex', priority: 0, kinds })).toEqual({
    finishP50: expect.toSatisfy((at: number) => at > (wait?.startP50 as number)),
    finishP90: expect.any(Number),
  });
  questions.onModuleDestroy();
  await notifications.close();
});
