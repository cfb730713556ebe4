import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LeaseLost } from '#core/generations/lease-lost';
import type { Stage } from '#core/generations/stages';
import { admitGroup } from '#features/scheduling/admit-group';
import { noteBegan } from '#features/scheduling/note-began';
import { noteFreed } from '#features/scheduling/note-freed';
import { PoolLeader } from '#features/scheduling/testing/pool-leader';
import { aNode } from '#testing/builders';

let pool: PoolLeader;

beforeAll(async () => {
  pool = await PoolLeader.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());

describe('admit', () => {
  it('admits what is still queued, raises its fence and tells the relay', async () => {
    const [one, cancelled, two] = [await pool.queued(), await pool.queued(), await pool.queued()];
    await pool.cancel(cancelled);
    const fences = await pool.admit([one, cancelled, two]);
    expect([...fences].sort()).toEqual([[one, '1'] as [string, string], [two, '1'] as [string, string]].sort());
    expect(await pool.control.query('SELECT generation_id FROM leases WHERE generation_id = $1', [cancelled])).toEqual([]);
    expect(
      await pool.control.query('SELECT count(*)::int AS lanes FROM lane_occupancies WHERE generation_id = ANY ($1)', [[one, two]]),
    ).toEqual([{ lanes: 2 }]);
    expect(await pool.control.query(`SELECT payload FROM outbox WHERE topic = 'admitted' AND generation_id = $1`, [one])).toEqual([
      { payload: { fence: '1' } },
    ]);
    expect(await pool.admit([one, two], 2)).toEqual(new Map());
  });

  it('never puts two leases on a lane: the whole group is undone', async () => {
    const [one, two, three] = [await pool.queued(), await pool.queued(), await pool.queued()];
    await pool.admit([one], 1);
    await expect(pool.admit([two, three], 0)).rejects.toMatchObject({ code: '23505' });
    expect([await pool.stateOf(two), await pool.stateOf(three)]).toEqual(['queued', 'queued']);
    expect(await pool.leasesOf(two)).toEqual([]);
  });

  it.each(['another node', 'nobody'])('leases no lane of %s: the whole group is undone', async (whose) => {
    const [one, two] = [await pool.queued(), await pool.queued()];
    const laneId = whose === 'nobody' ? 'no-such-lane' : `${await aNode(pool.owner, 1, pool.poolClass)}/0`;
    const admissions = [pool.admission(one, 0), { ...pool.admission(two, 1), laneIds: [laneId] }];
    await expect(pool.asLeader('admit', (tx) => admitGroup(tx, pool.leadership, admissions))).rejects.toMatchObject({
      code: '23502',
    });
    expect([await pool.stateOf(one), await pool.leasesOf(one)]).toEqual(['queued', []]);
  });

  it('against cancels: one of both wins each generation', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ids = [await pool.queued(), await pool.queued(), await pool.queued(), await pool.queued()];
      const [fences] = await Promise.all([pool.admit(ids), ...ids.map((id) => pool.cancel(id))]);
      for (const generationId of ids) {
        expect(await pool.stateOf(generationId)).toBe('cancelled');
        const leases = await pool.leasesOf(generationId);
        expect(leases).toEqual(fences.has(generationId) ? [{ end_reason: 'cancelled', is_freed: false }] : []);
      }
      await pool.freeAll(ids);
    }
  });
});

describe('took back', () => {
  it('against a cancel: whichever commits first, the generation ends cancelled and its lease ends once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const generationId = await pool.queued();
      await pool.admit([generationId]);
      const lease = { tenantId: pool.tenantId, generationId, fence: '1' };
      const [outcome] = await Promise.all([pool.takenBack(lease), pool.cancel(generationId)]);
      expect(await pool.stateOf(generationId)).toBe('cancelled');
      expect(await pool.leasesOf(generationId)).toEqual([{ end_reason: outcome === 'gone' ? 'cancelled' : 'taken_back', is_freed: false }]);
      await pool.freeAll([generationId]);
    }
  });

  it('against the last lane stage: it is taken back, or its checkpoint stands and it settles', async () => {
    for (let round = 0; round < 20; round += 1) {
      const generationId = await pool.queued();
      await pool.admit([generationId]);
      const lease = { tenantId: pool.tenantId, generationId, fence: '1' };
      const [row] = await pool.control.query<{ stages: Stage[] }>('SELECT stages FROM generations WHERE id = $1', [generationId]);
      const [last, ...earlier] = (row?.stages ?? []).filter((stage) => ['draft', 'render', 'package'].includes(stage)).reverse() as [
        Stage,
        ...Stage[],
      ];
      for (const stage of earlier) await pool.runs.saveCheckpoint(lease, stage, 0, {});
      const saved = pool.runs.saveCheckpoint(lease, last, 0, {}).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(LeaseLost);
          return false;
        },
      );
      const [outcome, isSaved] = await Promise.all([pool.takenBack(lease), saved]);
      expect(outcome).toBe(isSaved ? 'nearly_done' : 'taken_back');
      if (isSaved) await pool.runs.settle(lease);
      else await expect(pool.runs.settle(lease)).rejects.toThrow(LeaseLost);
      expect(await pool.stateOf(generationId)).toBe(isSaved ? 'completed' : 'queued');
      await pool.cancel(generationId);
      await pool.freeAll([generationId]);
    }
  });

  it('counts what was lost, and not what was drained', async () => {
    const generationId = await pool.queued();
    for (const [at, isLost] of [false, true, true, true, true].entries()) {
      await pool.admit([generationId], 0);
      expect(await pool.takenBack({ tenantId: pool.tenantId, generationId, fence: String(at + 1) }, isLost, true)).toBe('taken_back');
    }
    await pool.admit([generationId], 0);
    expect(await pool.takenBack({ tenantId: pool.tenantId, generationId, fence: '6' }, true, true)).toBe('must_fail');
    await pool.runs.release({ tenantId: pool.tenantId, generationId, fence: '6' }, 'lost');
    await pool.freeAll([generationId]);
  });
});

describe('began and freed', () => {
  it('runs under the present fence only, and is announced once', async () => {
    const generationId = await pool.queued({ callbackUrl: 'https://example.com' });
    await pool.admit([generationId]);
    const lease = { tenantId: pool.tenantId, generationId, fence: '1' };
    await pool.beginRun({ ...lease, fence: '2' });
    await pool.asLeader('began', (tx) => noteBegan(tx, [{ ...lease, nodeId: 'another-node' }]));
    expect(await pool.stateOf(generationId)).toBe('admitted');
    await pool.beginRun(lease);
    await pool.beginRun(lease);
    expect(await pool.stateOf(generationId)).toBe('running');
    await pool.takenBack(lease, true, true);
    await pool.admit([generationId]);
    await pool.beginRun({ ...lease, fence: '2' });
    expect(await pool.stateOf(generationId)).toBe('running');
    expect(
      await pool.control.query(`SELECT count(*)::int FROM outbox WHERE topic = 'dreaming' AND generation_id = $1`, [generationId]),
    ).toEqual([{ count: 1 }]);
  });

  it('frees an ended lease on its node, any number of times, and never a living one', async () => {
    const generationId = await pool.queued();
    await pool.admit([generationId]);
    const lease = { tenantId: pool.tenantId, generationId, fence: '1', nodeId: pool.nodeId };
    const free = (nodeOfLease: string) => pool.asLeader('freed', (tx) => noteFreed(tx, [{ ...lease, nodeId: nodeOfLease }]));
    expect((await free(pool.nodeId)).size).toBe(1);
    await pool.cancel(generationId);
    await free('another-node');
    expect(await pool.leasesOf(generationId)).toEqual([{ end_reason: 'cancelled', is_freed: false }]);
    for (let times = 0; times < 2; times += 1) expect((await free(pool.nodeId)).size).toBe(0);
    expect(await pool.leasesOf(generationId)).toEqual([{ end_reason: 'cancelled', is_freed: true }]);
    expect(await pool.control.query('SELECT 1 FROM lane_occupancies WHERE generation_id = $1', [generationId])).toEqual([]);
  });
});
