import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulatedFigures } from '#bench/simulate/policies';
import { readTrace } from '#bench/simulate/read-trace';
import type { Caller } from '#core/access/caller';
import { between, seededRandom } from '#core/generations/seeded-random';
import { replaySettings, type WhatIfChange } from '#core/simulation/what-if';
import { PlannerProcess } from '#features/simulations/planner-process';
import { type SimulationRow, WhatIfService } from '#features/simulations/what-if.service';
import { WhatIfRuns } from '#features/simulations/what-if-runs.service';
import { HotPool } from '#platform/database/hot-pool';
import { aFinishedDay, aNode, aTenant, someUnits } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const seed = Number(process.env.HALOGEN_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.info(`what-if.db.spec seed ${seed}`);

const POOL_CLASS = 'replayed';
let database: TestDatabase;
let control: HotPool;
let api: HotPool;
let asked: WhatIfService;
let runs: WhatIfRuns;
let owner: string;
let other: string;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 4 });
  asked = new WhatIfService(api);
  runs = new WhatIfRuns(control, new PlannerProcess());
  owner = await aTenant(control, 0n);
  other = await aTenant(control, 0n);
  await someUnits(control, owner, POOL_CLASS, 2);
  const random = seededRandom(seed);
  for (const tenantId of [owner, other]) {
    const jobs = Array.from({ length: 60 }, () => ({
      minutesAgo: between(random, 1, 9),
      runMs: Math.round(between(random, 2_000, 40_000)),
    }));
    await aFinishedDay(control, { tenantId, poolClass: POOL_CLASS, jobs });
    await control.query(`INSERT INTO tenant_use VALUES ($1, $2, 60, now() - interval '9 minutes', '{}', '{}', '{}', '{}', '{}')`, [
      tenantId,
      POOL_CLASS,
    ]);
  }
  await control.query(`UPDATE nodes SET state = 'out_of_service'`);
  await aNode(control, 2, POOL_CLASS);
  await aNode(control, 2, POOL_CLASS);
});
afterAll(async () => {
  await api.close();
  await control.close();
  await database.drop();
});

/** Of the platform's staff. */
function operator(): Caller {
  return { tenantId: owner, apiKeyId: randomUUID(), scopes: [], limitPlan: 'scale' };
}

async function answered(changes: WhatIfChange[]): Promise<SimulationRow> {
  const question = await asked.ask(operator(), POOL_CLASS, changes);
  if ('refused' in question) throw new Error(question.detail);
  await runs.sweep();
  return (await asked.find(question.id)) as SimulationRow;
}

it('says what `npm run simulate` says of the same day, before and after', async () => {
  const changes: WhatIfChange[] = [
    { change: 'add_nodes', siteId: 'a-site', nodes: 1, lanesPerNode: 2 },
    { change: 'sell_units', tenantId: other, units: 1 },
  ];
  const { state, result, progress } = await answered(changes);
  expect([state, progress, result?.jobs]).toEqual(['done', 1, 120]);

  // The day as a trace, read by the very code that reads traces.
  const rows = await control.query<{ at: Date; tenant: string; seconds: number; model: string; output: string; tier: string }>(
    `SELECT date_trunc('milliseconds', g.created_at + interval '0.5 ms') AS at, g.tenant_id AS tenant, g.model, g.output_key AS output, g.service_tier AS tier,
            round(extract(epoch FROM l.ended_at - l.began_at) * 1000)::float8 / 1000 AS seconds
       FROM generations g JOIN leases l ON l.generation_id = g.id WHERE g.pool_class = $1 ORDER BY g.created_at, g.id`,
    [POOL_CLASS],
  );
  const lines = rows.map(({ at, tenant, seconds, model, output, tier }) => [at.toISOString(), tenant, seconds, model, output, tier].join());
  const csv = ['submitted_at,tenant,run_seconds,base_model,output,tier', ...lines].join('\n');
  const jobs = readTrace(csv, { speed: 1, runtimeScale: 1, seed: 1 });
  const simulated = (lanes: number, nodes: number, units: Map<string, number>) => {
    const { fleet: _, recalls: __, ...settings } = replaySettings({ fleet: [], units, weights: new Map() });
    const figures = simulatedFigures(jobs, { ...settings, policy: 'halo', lanes, nodes, stopwatch: () => 0 });
    const { decisions_per_s: ___, ...told } = figures;
    return { lanes, sold_units: [...units.values()].reduce((sum, each) => sum + each, 0), ...told };
  };
  expect(result?.before).toEqual(simulated(4, 2, new Map([[owner, 2]])));
  expect(result?.after).toEqual(
    simulated(
      6,
      3,
      new Map([
        [owner, 2],
        [other, 1],
      ]),
    ),
  );
  expect(result?.after.wait_p99_s).toBeLessThan(result?.before.wait_p99_s as number);
});

it('says what it cannot change', async () => {
  expect(await answered([{ change: 'lose_node', nodeId: 'nowhere' }])).toMatchObject({
    state: 'failed',
    failure: 'No node nowhere is in service',
  });
  expect(await answered([{ change: 'lose_site', siteId: 'a-site' }])).toMatchObject({ state: 'failed', result: null });
  expect(await asked.ask(operator(), 'nowhere', [])).toMatchObject({ refused: 'not_found' });
});

it('is begun again by another worker when its own is gone, and not for ever', async () => {
  const question = (await asked.ask(operator(), POOL_CLASS, [{ change: 'set_share', tenantId: other, weight: 2 }])) as SimulationRow;
  const lost = (attempts: number) =>
    control.query(`UPDATE simulations SET state = 'running', claimed_until = now() - interval '1 second', attempts = $2 WHERE id = $1`, [
      question.id,
      attempts,
    ]);
  await lost(2);
  await runs.sweep();
  expect(await asked.find(question.id)).toMatchObject({ state: 'failed' });
  await control.query('UPDATE simulations SET failure = NULL, state = $2 WHERE id = $1', [question.id, 'waiting']);
  await lost(1);
  await runs.sweep();
  expect(await asked.find(question.id)).toMatchObject({ state: 'done' });
});

it('reads the day in the order of an index, whatever is kept', async () => {
  const plan = await control.transaction('plan', [], async (tx) => {
    await tx.query('SET LOCAL enable_sort = off'); // a few rows would be sorted rather than looked up
    return tx.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT 1 FROM generations g WHERE g.tenant_id = $1 AND g.deleted_at IS NULL AND g.created_at >= now() - interval '1 hour' AND g.created_at < now()
        ORDER BY g.created_at DESC, g.id DESC LIMIT 10`,
      [owner],
    );
  });
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('generations_newest');
});
