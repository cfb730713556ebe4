import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FIRST_HEADS_PER_TENANT } from '#core/scheduling/limits';
import { isBeforeInStore } from '#core/scheduling/queue-order';
import { takeChanges } from '#features/scheduling/read-changes';
import { readFirstHeads, readHeads } from '#features/scheduling/read-heads';
import { PoolLeader } from '#features/scheduling/testing/pool-leader';
import { aTenant } from '#testing/builders';

let pool: PoolLeader;

beforeAll(async () => {
  pool = await PoolLeader.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());

it('binds what waits to the regions that its project allows, and to none where it names none', async () => {
  const projectId = randomUUID();
  const projects = 'INSERT INTO projects (tenant_id, id, name, allowed_regions) VALUES ($1, $2, $3, $4)';
  await pool.owner.query(projects, [pool.tenantId, projectId, 'Bound', ['us', 'eu']]);
  const [bound, free] = [await pool.queued({ projectId }), await pool.queued()];
  const placements = await pool.asLeader('read', async (tx) => {
    const heads = (await readFirstHeads(tx, pool.poolClass)).flatMap(({ generations }) => generations);
    const changes = (await takeChanges(tx, pool.poolClass, 0)).flatMap((change) =>
      'waiting' in change && change.waiting ? [change.waiting] : [],
    );
    return [heads, changes].map((read) => Object.fromEntries(read.map(({ generationId, placement }) => [generationId, placement])));
  });
  const expected = { [bound]: { regions: ['us', 'eu'] }, [free]: {} };
  expect(placements).toEqual([expected, expected]);
});

it('lets go to pools that train on inputs only what is of a project that says so', async () => {
  const projects = 'INSERT INTO projects (tenant_id, id, name, no_training) VALUES ($1, $2, $3, $4)';
  const [strict, open] = [randomUUID(), randomUUID()];
  await pool.owner.query(projects, [pool.tenantId, strict, 'Strict', true]);
  await pool.owner.query(projects, [pool.tenantId, open, 'Open', false]);
  const ids = [await pool.queued({ projectId: strict }), await pool.queued({ projectId: open }), await pool.queued()];
  const mayTrain = async () => {
    const heads = await pool.asLeader('read', (tx) => readFirstHeads(tx, pool.poolClass));
    const read = heads.flatMap(({ generations }) => generations);
    return ids.map((id) => read.find(({ generationId }) => generationId === id)?.placement.mayTrain ?? false);
  };
  expect(await mayTrain()).toEqual([false, false, false]); // nothing is trained on anywhere
  await pool.owner.query('UPDATE pools SET trains_on_inputs = true WHERE id = $1', [pool.poolClass]);
  expect(await mayTrain()).toEqual([false, true, false]);
  await pool.owner.query('UPDATE pools SET trains_on_inputs = false WHERE id = $1', [pool.poolClass]);
});

it('reads the first heads of each tenant, and more when asked', async () => {
  const other = await aTenant(pool.owner, 1_000_000_000n);
  const ids = await Promise.all(Array.from({ length: 70 }, () => pool.queued()));
  const others = [await pool.queued({ tenantId: other })];
  const first = await pool.control.transaction('heads', [], (tx) => readFirstHeads(tx, pool.poolClass));
  expect(Object.fromEntries(first.map((heads) => [heads.tenantId, [heads.generations.length, heads.hasMore]]))).toEqual({
    [pool.tenantId]: [FIRST_HEADS_PER_TENANT, true],
    [other]: [1, false],
  });
  const more = await pool.control.transaction('heads', [], (tx) =>
    readHeads(tx, pool.poolClass, [{ tenantId: pool.tenantId, tier: 'shared', headsWanted: 128 }]),
  );
  expect(more[0]?.generations.map(({ generationId }) => generationId).sort()).toEqual([...ids].sort());
  expect(more[0]?.hasMore).toBe(false);
  for (const id of ids) await pool.cancel(id); // one by one: a connection is waited for only so long
  for (const id of others) await pool.cancel(id, other);
});

it('reads what is due first, however long the queue is', async () => {
  const [old, late, soon, urgent] = [await pool.queued(), await pool.queued(), await pool.queued(), await pool.queued()];
  const due = "now() + $2 * interval '1 hour'";
  await pool.owner.query(`UPDATE generations SET complete_by = ${due} WHERE id = $1`, [late, 2]);
  await pool.owner.query(`UPDATE generations SET start_by = ${due}, complete_by = now() + interval '9 hours' WHERE id = $1`, [soon, 1]);
  await pool.owner.query('UPDATE generations SET priority = 1 WHERE id = $1', [urgent]);
  const heads = await pool.control.transaction('heads', [], (tx) =>
    readHeads(tx, pool.poolClass, [{ tenantId: pool.tenantId, tier: 'shared', headsWanted: 3 }]),
  );
  const read = heads.flatMap(({ generations }) => generations);
  expect(read.map(({ generationId }) => generationId)).toEqual([urgent, soon, late]);
  expect(read.toSorted((one, other) => (isBeforeInStore(one, other) ? -1 : 1))).toEqual(read);
  await Promise.all([old, late, soon, urgent].map((id) => pool.cancel(id)));
});

it('neither reads nor admits what is held', async () => {
  const [held, free] = [await pool.queued(), await pool.queued()];
  await pool.control.query('UPDATE generations SET is_held = true WHERE id = $1', [held]);
  const [heads] = await pool.control.transaction('heads', [], (tx) =>
    readHeads(tx, pool.poolClass, [{ tenantId: pool.tenantId, tier: 'shared', headsWanted: 16 }]),
  );
  expect(heads?.generations.map(({ generationId }) => generationId)).toEqual([free]);
  expect((await pool.admit([held])).size).toBe(0);
  await Promise.all([held, free].map((id) => pool.cancel(id)));
  await pool.asLeader('changes', (tx) => takeChanges(tx, pool.poolClass, 0));
});

it('takes its outbox rows once, with what they mean now', async () => {
  const [waiting, admitted, gone] = [await pool.queued(), await pool.queued(), await pool.queued()];
  await pool.admit([admitted]);
  await pool.cancel(gone);
  await pool.runs.settle({ tenantId: pool.tenantId, generationId: admitted, fence: '1' });
  await pool.control.query(
    `INSERT INTO outbox (consumer, topic, tenant_id, batch_id, chunk, leg, pool_class, payload)
     VALUES ('scheduler', 'batch_queued', $1, gen_random_uuid(), 1, 0, $2, '{"tier": "flex"}')`,
    [pool.tenantId, pool.poolClass],
  );
  const taken = await pool.asLeader('changes', (tx) => takeChanges(tx, pool.poolClass, 0));
  expect(taken.at(-1)).toEqual({ more: { tenantId: pool.tenantId, tier: 'flex' } });
  const changes = taken.filter((change) => 'generationId' in change);
  expect(changes.map(({ generationId, waiting: found, ended }) => [generationId, found !== null, ended?.isFreed])).toEqual([
    [waiting, true, undefined],
    [admitted, false, undefined],
    [gone, false, undefined],
    [gone, false, undefined],
    [admitted, false, true],
  ]);
  expect(await pool.asLeader('changes', (tx) => takeChanges(tx, pool.poolClass, 0))).toEqual([]);
});
