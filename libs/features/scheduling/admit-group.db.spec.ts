import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { submitAll } from '#features/generations/submit-group';
import { admitGroup } from '#features/scheduling/admit-group';
import { HotPool } from '#platform/database/hot-pool';
import { aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const WAITING = 3_000;
/** More than it takes to find one row by its key and to write it, far less than what waits. */
const FEW_ROWS = 20;

let database: TestDatabase;
let owner: HotPool;
let scheduler: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 1 });
  scheduler = new HotPool({ url: database.controlUrl, applicationName: 'test-scheduler', maxConnections: 1, looksUpByKey: true });
});

afterAll(async () => {
  await scheduler?.close();
  await owner?.close();
  await database?.drop();
});

it('reads what it admits alone, however many wait, though the server was told that nothing does', async () => {
  const poolClass = `pool-${randomUUID().slice(0, 8)}`;
  const nodeId = await aNode(owner, 8, poolClass);
  const tenantId = await aTenant(owner, 1_000_000_000n);
  const image = anImage(tenantId);
  const first = { ...image, quote: { ...image.quote, poolClass } };
  await owner.transaction('submit', [tenantId], (tx) => submitAll(tx, [first], false));
  await owner.query('ANALYZE generations');
  const waiting = await owner.query<{ id: string }>(
    `INSERT INTO generations
     SELECT (jsonb_populate_record(g, jsonb_build_object('id', uuidv7()))).* FROM generations g, generate_series(1, $2) WHERE g.id = $1
     RETURNING id`,
    [first.id, WAITING],
  );
  // Often enough for the plan of its first times to be kept for all later ones.
  for (let lane = 0; lane < 8; lane += 1) {
    const admission = {
      tenantId,
      generationId: waiting[lane]?.id as string,
      nodeId,
      laneIds: [`${nodeId}/${lane}`],
      servedFrom: 'shared' as const,
      estimatedMs: 1_000,
      waitedMs: 0,
    };
    await scheduler.transaction('admit', [], async (tx) => {
      expect(await admitGroup(tx, { poolClass, epoch: '1' }, [admission])).toEqual(new Map([[admission.generationId, '1']]));
      const [read] = await tx.query<{ rows: number }>(
        `SELECT (seq_tup_read + idx_tup_fetch)::int AS rows FROM pg_stat_xact_user_tables WHERE relname = 'generations'`,
      );
      expect(read?.rows).toBeLessThan(FEW_ROWS);
    });
  }
});
