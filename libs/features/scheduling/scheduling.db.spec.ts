import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LeaseRef } from '#core/generations/lease';
import { LeaseLost } from '#core/generations/lease-lost';
import type { Stage } from '#core/generations/stages';
import { FIRST_HEADS_PER_TENANT } from '#core/scheduling/limits';
import type { Admission } from '#core/scheduling/plan';
import { isBeforeInStore } from '#core/scheduling/queue-order';
import { resolveAll } from '#features/generations/resolve-group';
import { RunsService } from '#features/generations/runs.service';
import { submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { admitGroup } from '#features/scheduling/admit-group';
import { LeaderElection } from '#features/scheduling/leader-election';
import { asLeader, Leadership, NotLeader } from '#features/scheduling/leadership';
import { noteBegan } from '#features/scheduling/note-began';
import { noteFreed } from '#features/scheduling/note-freed';
import { takeChanges } from '#features/scheduling/read-changes';
import { readFirstHeads, readHeads } from '#features/scheduling/read-heads';
import { takeBack } from '#features/scheduling/take-back';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let owner: HotPool;
let control: HotPool;
let runs: RunsService;
let tenantId: string;
let poolClass: string;
let leadership: Leadership;
let nodeId: string;

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 4 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 8 });
  runs = new RunsService(control);
});

afterAll(async () => {
  expect(await ledgerDifferences(owner)).toEqual([]);
  await control?.close();
  await owner?.close();
  await database?.drop();
});

beforeEach(async () => {
  tenantId = await aTenant(owner, 1_000_000_000n);
  poolClass = `pool-${randomUUID().slice(0, 8)}`;
  nodeId = await aNode(owner, 4, poolClass);
  leadership = new Leadership(poolClass, '1', 'me');
  await owner.query(`INSERT INTO scheduler_leaders (pool_class, epoch, holder, expires_at) VALUES ($1, 1, 'me', 'infinity')`, [poolClass]);
});

describe('admit', () => {
  it('admits what is still queued, raises its fence and tells the relay', async () => {
    const [one, cancelled, two] = [await queued(), await queued(), await queued()];
    await cancel(cancelled);
    const fences = await admit([one, cancelled, two]);
    expect([...fences].sort()).toEqual([[one, '1'] as [string, string], [two, '1'] as [string, string]].sort());
    expect(await control.query('SELECT generation_id FROM leases WHERE generation_id = $1', [cancelled])).toEqual([]);
    expect(await control.query('SELECT count(*)::int AS lanes FROM lane_occupancies WHERE generation_id = ANY ($1)', [[one, two]])).toEqual(
      [{ lanes: 2 }],
    );
    expect(await control.query(`SELECT payload FROM outbox WHERE topic = 'admitted' AND generation_id = $1`, [one])).toEqual([
      { payload: { fence: '1' } },
    ]);
    expect(await admit([one, two], 2)).toEqual(new Map());
  });

  it('never puts two leases on a lane: the whole group is undone', async () => {
    const [one, two, three] = [await queued(), await queued(), await queued()];
    await admit([one], 1);
    await expect(admit([two, three], 0)).rejects.toMatchObject({ code: '23505' });
    expect([await stateOf(two), await stateOf(three)]).toEqual(['queued', 'queued']);
    expect(await leasesOf(two)).toEqual([]);
  });

  it.each(['another node', 'nobody'])('leases no lane of %s: the whole group is undone', async (whose) => {
    const [one, two] = [await queued(), await queued()];
    const laneId = whose === 'nobody' ? 'no-such-lane' : `${await aNode(owner, 1, poolClass)}/0`;
    const admissions = [admission(one, 0), { ...admission(two, 1), laneIds: [laneId] }];
    await expect(asLeader(control, leadership, 'admit', (tx) => admitGroup(tx, leadership, admissions))).rejects.toMatchObject({
      code: '23502',
    });
    expect([await stateOf(one), await leasesOf(one)]).toEqual(['queued', []]);
  });

  it('against cancels: one of both wins each generation', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ids = [await queued(), await queued(), await queued(), await queued()];
      const [fences] = await Promise.all([admit(ids), ...ids.map((id) => cancel(id))]);
      for (const generationId of ids) {
        expect(await stateOf(generationId)).toBe('cancelled');
        const leases = await leasesOf(generationId);
        expect(leases).toEqual(fences.has(generationId) ? [{ end_reason: 'cancelled', is_freed: false }] : []);
      }
      await freeAll(ids);
    }
  });
});

describe('leadership', () => {
  it('refuses a deposed leader and writes nothing', async () => {
    const generationId = await queued();
    await control.query('UPDATE scheduler_leaders SET epoch = 2 WHERE pool_class = $1', [poolClass]);
    await expect(admit([generationId])).rejects.toThrow(NotLeader);
    expect(await stateOf(generationId)).toBe('queued');
  });

  it('lets the work of a deposed leader go no further than to its first answer', async () => {
    await control.query('UPDATE scheduler_leaders SET epoch = 2 WHERE pool_class = $1', [poolClass]);
    let wentOn = false;
    const work = asLeader(control, leadership, 'two steps', async (tx) => {
      await tx.query('SELECT 1');
      wentOn = true;
    });
    await expect(work).rejects.toThrow(NotLeader);
    expect(await control.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(wentOn).toBe(false);
  });

  it('a take-over waits for the transaction under way, and refuses the next', async () => {
    const generationId = await queued();
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const last = asLeader(control, leadership, 'last', async (tx) => {
      await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0'); // it waits here for as long as the other needs
      inside.resolve();
      await goOn.promise;
      return admitGroup(tx, leadership, [admission(generationId, 0)]);
    });
    await inside.promise;
    let isTaken = false;
    const taking = control.query('UPDATE scheduler_leaders SET epoch = 2 WHERE pool_class = $1', [poolClass]).then(() => {
      isTaken = true;
    });
    await expect
      .poll(() => owner.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
      .toHaveLength(1);
    expect(isTaken).toBe(false);
    goOn.resolve();
    expect((await last).size).toBe(1);
    await taking;
    await expect(asLeader(control, leadership, 'next', async () => {})).rejects.toThrow(NotLeader);
  });

  it('passes to the standby when the leader resigns, with the next epoch, and only to one', async () => {
    await owner.query(`UPDATE scheduler_leaders SET expires_at = '-infinity' WHERE pool_class = $1`, [poolClass]);
    const notifications = new Notifications(database.controlUrl, 'test-listen');
    const led: { who: string; epoch: string }[] = [];
    const candidates = ['one', 'two', 'three'].map((who) => ({
      who,
      election: new LeaderElection(
        control,
        notifications,
        poolClass,
        { holder: who, url: `http://${who}` },
        {
          elected: ({ epoch }) => led.push({ who, epoch }),
          deposed: async () => {},
        },
      ),
    }));
    for (const { election } of candidates) election.start();
    for (const epoch of ['2', '3', '4']) {
      await expect.poll(() => led.map((each) => each.epoch)).toContain(epoch);
      await candidates.find(({ who }) => who === led.at(-1)?.who)?.election.resign();
    }
    expect(led.map(({ epoch }) => epoch)).toEqual(['2', '3', '4']);
    expect(new Set(led.map(({ who }) => who)).size).toBe(3);
    await notifications.close();
  });
});

describe('took back', () => {
  it('against a cancel: whichever commits first, the generation ends cancelled and its lease ends once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const generationId = await queued();
      await admit([generationId]);
      const lease = { tenantId, generationId, fence: '1' };
      const [outcome] = await Promise.all([takenBack(lease), cancel(generationId)]);
      expect(await stateOf(generationId)).toBe('cancelled');
      expect(await leasesOf(generationId)).toEqual([{ end_reason: outcome === 'gone' ? 'cancelled' : 'taken_back', is_freed: false }]);
      await freeAll([generationId]);
    }
  });

  it('against the last lane stage: it is taken back, or its checkpoint stands and it settles', async () => {
    for (let round = 0; round < 20; round += 1) {
      const generationId = await queued();
      await admit([generationId]);
      const lease = { tenantId, generationId, fence: '1' };
      const [row] = await control.query<{ stages: Stage[] }>('SELECT stages FROM generations WHERE id = $1', [generationId]);
      const [last, ...earlier] = (row?.stages ?? []).filter((stage) => ['draft', 'render', 'package'].includes(stage)).reverse() as [
        Stage,
        ...Stage[],
      ];
      for (const stage of earlier) await runs.saveCheckpoint(lease, stage, 0, {});
      const saved = runs.saveCheckpoint(lease, last, 0, {}).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(LeaseLost);
          return false;
        },
      );
      const [outcome, isSaved] = await Promise.all([takenBack(lease), saved]);
      expect(outcome).toBe(isSaved ? 'nearly_done' : 'taken_back');
      if (isSaved) await runs.settle(lease);
      else await expect(runs.settle(lease)).rejects.toThrow(LeaseLost);
      expect(await stateOf(generationId)).toBe(isSaved ? 'completed' : 'queued');
      await cancel(generationId);
      await freeAll([generationId]);
    }
  });

  it('counts what was lost, and not what was drained', async () => {
    const generationId = await queued();
    for (const [at, isLost] of [false, true, true, true, true].entries()) {
      await admit([generationId], 0);
      expect(await takenBack({ tenantId, generationId, fence: String(at + 1) }, isLost, true)).toBe('taken_back');
    }
    await admit([generationId], 0);
    expect(await takenBack({ tenantId, generationId, fence: '6' }, true, true)).toBe('must_fail');
    await runs.release({ tenantId, generationId, fence: '6' }, 'lost');
    await freeAll([generationId]);
  });
});

describe('began and freed', () => {
  it('runs under the present fence only, and is announced once', async () => {
    const generationId = await queued({ callbackUrl: 'https://example.com' });
    await admit([generationId]);
    const lease = { tenantId, generationId, fence: '1' };
    await begin({ ...lease, fence: '2' });
    await asLeader(control, leadership, 'began', (tx) => noteBegan(tx, [{ ...lease, nodeId: 'another-node' }]));
    expect(await stateOf(generationId)).toBe('admitted');
    await begin(lease);
    await begin(lease);
    expect(await stateOf(generationId)).toBe('running');
    await takenBack(lease, true, true);
    await admit([generationId]);
    await begin({ ...lease, fence: '2' });
    expect(await stateOf(generationId)).toBe('running');
    expect(await control.query(`SELECT count(*)::int FROM outbox WHERE topic = 'dreaming' AND generation_id = $1`, [generationId])).toEqual(
      [{ count: 1 }],
    );
  });

  it('frees an ended lease on its node, any number of times, and never a living one', async () => {
    const generationId = await queued();
    await admit([generationId]);
    const lease = { tenantId, generationId, fence: '1', nodeId };
    const free = (nodeOfLease: string) =>
      asLeader(control, leadership, 'freed', (tx) => noteFreed(tx, [{ ...lease, nodeId: nodeOfLease }]));
    expect((await free(nodeId)).size).toBe(1);
    await cancel(generationId);
    await free('another-node');
    expect(await leasesOf(generationId)).toEqual([{ end_reason: 'cancelled', is_freed: false }]);
    for (let times = 0; times < 2; times += 1) expect((await free(nodeId)).size).toBe(0);
    expect(await leasesOf(generationId)).toEqual([{ end_reason: 'cancelled', is_freed: true }]);
    expect(await control.query('SELECT 1 FROM lane_occupancies WHERE generation_id = $1', [generationId])).toEqual([]);
  });
});

describe('reading', () => {
  it('binds what waits to the regions that its project allows, and to none where it names none', async () => {
    const projectId = randomUUID();
    const projects = 'INSERT INTO projects (tenant_id, id, name, allowed_regions) VALUES ($1, $2, $3, $4)';
    await owner.query(projects, [tenantId, projectId, 'Bound', ['us', 'eu']]);
    const [bound, free] = [await queued({ projectId }), await queued()];
    const placements = await asLeader(control, leadership, 'read', async (tx) => {
      const heads = (await readFirstHeads(tx, poolClass)).flatMap(({ generations }) => generations);
      const changes = (await takeChanges(tx, poolClass, 0)).flatMap((change) =>
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
    await owner.query(projects, [tenantId, strict, 'Strict', true]);
    await owner.query(projects, [tenantId, open, 'Open', false]);
    const ids = [await queued({ projectId: strict }), await queued({ projectId: open }), await queued()];
    const mayTrain = async () => {
      const heads = await asLeader(control, leadership, 'read', (tx) => readFirstHeads(tx, poolClass));
      const read = heads.flatMap(({ generations }) => generations);
      return ids.map((id) => read.find(({ generationId }) => generationId === id)?.placement.mayTrain ?? false);
    };
    expect(await mayTrain()).toEqual([false, false, false]); // nothing is trained on anywhere
    await owner.query('UPDATE pools SET trains_on_inputs = true WHERE id = $1', [poolClass]);
    expect(await mayTrain()).toEqual([false, true, false]);
    await owner.query('UPDATE pools SET trains_on_inputs = false WHERE id = $1', [poolClass]);
  });

  it('reads the first heads of each tenant, and more when asked', async () => {
    const other = await aTenant(owner, 1_000_000_000n);
    const ids = await Promise.all(Array.from({ length: 70 }, () => queued()));
    const others = [await queued({ tenantId: other })];
    const first = await control.transaction('heads', [], (tx) => readFirstHeads(tx, poolClass));
    expect(Object.fromEntries(first.map((heads) => [heads.tenantId, [heads.generations.length, heads.hasMore]]))).toEqual({
      [tenantId]: [FIRST_HEADS_PER_TENANT, true],
      [other]: [1, false],
    });
    const more = await control.transaction('heads', [], (tx) => readHeads(tx, poolClass, [{ tenantId, tier: 'shared', headsWanted: 128 }]));
    expect(more[0]?.generations.map(({ generationId }) => generationId).sort()).toEqual([...ids].sort());
    expect(more[0]?.hasMore).toBe(false);
    await Promise.all(ids.map((id) => cancel(id)));
    await Promise.all(others.map((id) => cancel(id, other)));
  });

  it('reads what is due first, however long the queue is', async () => {
    const [old, late, soon, urgent] = [await queued(), await queued(), await queued(), await queued()];
    const due = "now() + $2 * interval '1 hour'";
    await owner.query(`UPDATE generations SET complete_by = ${due} WHERE id = $1`, [late, 2]);
    await owner.query(`UPDATE generations SET start_by = ${due}, complete_by = now() + interval '9 hours' WHERE id = $1`, [soon, 1]);
    await owner.query('UPDATE generations SET priority = 1 WHERE id = $1', [urgent]);
    const heads = await control.transaction('heads', [], (tx) => readHeads(tx, poolClass, [{ tenantId, tier: 'shared', headsWanted: 3 }]));
    const read = heads.flatMap(({ generations }) => generations);
    expect(read.map(({ generationId }) => generationId)).toEqual([urgent, soon, late]);
    expect(read.toSorted((one, other) => (isBeforeInStore(one, other) ? -1 : 1))).toEqual(read);
    await Promise.all([old, late, soon, urgent].map((id) => cancel(id)));
  });

  it('neither reads nor admits what is held', async () => {
    const [held, free] = [await queued(), await queued()];
    await control.query('UPDATE generations SET is_held = true WHERE id = $1', [held]);
    const [heads] = await control.transaction('heads', [], (tx) =>
      readHeads(tx, poolClass, [{ tenantId, tier: 'shared', headsWanted: 16 }]),
    );
    expect(heads?.generations.map(({ generationId }) => generationId)).toEqual([free]);
    expect((await admit([held])).size).toBe(0);
    await Promise.all([held, free].map((id) => cancel(id)));
    await asLeader(control, leadership, 'changes', (tx) => takeChanges(tx, poolClass, 0));
  });

  it('takes its outbox rows once, with what they mean now', async () => {
    const [waiting, admitted, gone] = [await queued(), await queued(), await queued()];
    await admit([admitted]);
    await cancel(gone);
    await runs.settle({ tenantId, generationId: admitted, fence: '1' });
    await control.query(
      `INSERT INTO outbox (consumer, topic, tenant_id, batch_id, chunk, leg, pool_class, payload)
       VALUES ('scheduler', 'batch_queued', $1, gen_random_uuid(), 1, 0, $2, '{"tier": "flex"}')`,
      [tenantId, poolClass],
    );
    const taken = await asLeader(control, leadership, 'changes', (tx) => takeChanges(tx, poolClass, 0));
    expect(taken.at(-1)).toEqual({ more: { tenantId, tier: 'flex' } });
    const changes = taken.filter((change) => 'generationId' in change);
    expect(changes.map(({ generationId, waiting: found, ended }) => [generationId, found !== null, ended?.isFreed])).toEqual([
      [waiting, true, undefined],
      [admitted, false, undefined],
      [gone, false, undefined],
      [gone, false, undefined],
      [admitted, false, true],
    ]);
    expect(await asLeader(control, leadership, 'changes', (tx) => takeChanges(tx, poolClass, 0))).toEqual([]);
  });
});

async function queued(more: { callbackUrl?: string; tenantId?: string; projectId?: string } = {}): Promise<string> {
  const command = anImage(tenantId, more);
  await owner.transaction('submit', [], (tx) => submitAll(tx, [{ ...command, quote: { ...command.quote, poolClass } }], false));
  return command.id;
}

async function cancel(generationId: string, ofTenant = tenantId): Promise<void> {
  const command = { by: 'customer', kind: 'cancel', tenantId: ofTenant, generationId, reason: 'cancelled' } as const;
  await control.transaction('cancel', [], (tx) => resolveAll(tx, [command]));
}

function admission(generationId: string, lane: number): Admission {
  return { tenantId, generationId, nodeId, laneIds: [`${nodeId}/${lane}`], servedFrom: 'shared', estimatedMs: 1_000, waitedMs: 0 };
}

function admit(ids: readonly string[], firstLane = 0): Promise<Map<string, string>> {
  const admissions = ids.map((id, at) => admission(id, firstLane + at));
  return asLeader(control, leadership, 'admit', (tx) => admitGroup(tx, leadership, admissions));
}

async function takenBack(lease: LeaseRef, isLost = false, isFreed = false): Promise<string> {
  const outcomes = await asLeader(control, leadership, 'take back', (tx) =>
    takeBack(tx, [{ lease, isLost, isFreed, endReason: 'taken_back' }], 0),
  );
  return [...outcomes.values()][0]?.outcome ?? 'nothing';
}

async function begin(lease: LeaseRef): Promise<void> {
  await asLeader(control, leadership, 'began', (tx) => noteBegan(tx, [{ ...lease, nodeId }]));
}

async function freeAll(ids: readonly string[]): Promise<void> {
  const leases = await control.query<LeaseRef>(
    'SELECT tenant_id AS "tenantId", generation_id AS "generationId", fence FROM leases WHERE generation_id = ANY ($1)',
    [ids],
  );
  await asLeader(control, leadership, 'freed', (tx) =>
    noteFreed(
      tx,
      leases.map((lease) => ({ ...lease, nodeId })),
    ),
  );
}

function leasesOf(generationId: string): Promise<{ end_reason: string; is_freed: boolean }[]> {
  return control.query('SELECT end_reason, freed_at IS NOT NULL AS is_freed FROM leases WHERE generation_id = $1 ORDER BY fence', [
    generationId,
  ]);
}

async function stateOf(generationId: string): Promise<string> {
  const [row] = await control.query<{ state: string }>('SELECT state FROM generations WHERE id = $1', [generationId]);
  return row?.state ?? 'unknown';
}
