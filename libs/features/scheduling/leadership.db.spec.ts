import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { admitGroup } from '#features/scheduling/admit-group';
import { LeaderElection } from '#features/scheduling/leader-election';
import { NotLeader } from '#features/scheduling/leadership';
import { PoolLeader } from '#features/scheduling/testing/pool-leader';
import { Notifications } from '#platform/database/notifications';

let pool: PoolLeader;

beforeAll(async () => {
  pool = await PoolLeader.start();
});
afterAll(() => pool.stop());
beforeEach(() => pool.begin());

it('refuses a deposed leader and writes nothing', async () => {
  const generationId = await pool.queued();
  await pool.depose();
  await expect(pool.admit([generationId])).rejects.toThrow(NotLeader);
  expect(await pool.stateOf(generationId)).toBe('queued');
});

it('lets the work of a deposed leader go no further than to its first answer', async () => {
  await pool.depose();
  let wentOn = false;
  const work = pool.asLeader('two steps', async (tx) => {
    await tx.query('SELECT 1');
    wentOn = true;
  });
  await expect(work).rejects.toThrow(NotLeader);
  expect(await pool.control.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(wentOn).toBe(false);
});

it('a take-over waits for the transaction under way, and refuses the next', async () => {
  const generationId = await pool.queued();
  const inside = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const last = pool.asLeader('last', async (tx) => {
    await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0'); // it waits here for as long as the other needs
    inside.resolve();
    await goOn.promise;
    return admitGroup(tx, pool.leadership, [pool.admission(generationId, 0)]);
  });
  await inside.promise;
  let isTaken = false;
  const taking = pool.depose().then(() => {
    isTaken = true;
  });
  await expect
    .poll(() => pool.owner.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
    .toHaveLength(1);
  expect(isTaken).toBe(false);
  goOn.resolve();
  expect((await last).size).toBe(1);
  await taking;
  await expect(pool.asLeader('next', async () => {})).rejects.toThrow(NotLeader);
});

it('passes to the standby when the leader resigns, with the next epoch, and only to one', async () => {
  await pool.owner.query(`UPDATE scheduler_leaders SET expires_at = '-infinity' WHERE pool_class = $1`, [pool.poolClass]);
  const notifications = new Notifications(pool.database.controlUrl, 'test-listen');
  const led: { who: string; epoch: string }[] = [];
  const candidates = ['one', 'two', 'three'].map((who) => ({
    who,
    election: new LeaderElection(
      pool.control,
      notifications,
      pool.poolClass,
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
