import { afterAll, beforeAll, expect, it } from 'vitest';
import { slotOf, stateOf, unpackCells } from '#core/capacity/lane-cells';
import { LaneRecord } from '#features/scheduling/lane-record';
import { Leadership } from '#features/scheduling/leadership';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

const POOL_CLASS = 'a-class';
/** At the beginning of a block, and young enough to be kept. */
const START_MS = Math.floor(Date.now() / 60_000) * 60_000;

let database: TestDatabase;
let control: HotPool;
let tenantId: string;

beforeAll(async () => {
  database = await testDatabase();
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 2 });
  tenantId = await aTenant(control, 0n);
});
afterAll(async () => {
  await control.close();
  await database.drop();
});

function aRecord(): LaneRecord {
  const record = new LaneRecord(new Leadership(POOL_CLASS, '1', 'holder'));
  const place = { siteId: 'north', region: 'eu', jurisdiction: 'de', residentModels: [], isUsable: true };
  record.use.apply({ type: 'node', node: { nodeId: 'n1', laneIds: ['n1/0', 'n1/1'], ...place } });
  record.use.apply({ type: 'units', tenantId, units: 2 });
  return record;
}
function lease(record: LaneRecord, generationId: string, laneId: string): void {
  const waiting = {
    tenantId,
    generationId,
    tier: 'dedicated',
    model: 'm',
    outputKey: '',
    burnLaneMs: 1,
    gangLanes: 1,
    priority: 0,
  } as const;
  const times = { startBy: null, completeBy: null, createdAt: 0, queuedAt: 0, startedAt: 0, estimatedMs: 1 };
  const held = { fence: '1', nodeId: 'n1', laneIds: [laneId], servedFrom: 'own', traceparent: null, placement: {} } as const;
  record.use.apply({ type: 'leased', lease: { ...waiting, ...times, ...held } });
}
/** Looks at that second, and writes what is due. @returns whether anything was */
async function look(record: LaneRecord, second: number): Promise<boolean> {
  const write = record.due(second * 1_000, START_MS + second * 1_000);
  if (write) await control.transaction('lanes', [], write);
  return write !== undefined;
}

it('writes lanes when they changed, and whose they are', async () => {
  const record = aRecord();
  expect([await look(record, 0), await look(record, 0.5), await look(record, 1)]).toEqual([true, false, false]);
  lease(record, 'g1', 'n1/1');
  expect(await look(record, 2)).toBe(true);
  const [row] = await control.query<{ ranges: unknown; cells: Buffer }>('SELECT ranges, cells FROM live_lanes WHERE pool_class = $1', [
    POOL_CLASS,
  ]);
  expect(row?.ranges).toEqual([{ siteId: 'north', nodeId: 'n1', lanes: 2 }]);
  const cells = [...unpackCells(row?.cells as Buffer)];
  expect(cells.map(stateOf)).toEqual(['idle', 'own']);
  expect(await control.query('SELECT slot, tenant_id FROM live_lane_slots')).toEqual([
    { slot: slotOf(cells[1] as number), tenant_id: tenantId },
  ]);
});

it('records use in blocks for the pool class and each tenant, and deletes the old ones', async () => {
  await control.query(`INSERT INTO tenant_use SELECT $1, $2, 1, now() - interval '2 hours', '{}', '{}', '{}', '{}', '{}'`, [
    tenantId,
    POOL_CLASS,
  ]);
  const record = aRecord();
  for (let second = 0; second <= 10; second += 1) {
    if (second === 5) lease(record, 'g1', 'n1/0');
    await look(record, second);
  }
  const columns = { own: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], idle: [2, 2, 2, 2, 2, 1, 1, 1, 1, 1] };
  expect(await control.query('SELECT * FROM tenant_use WHERE pool_class = $1', [POOL_CLASS])).toMatchObject([
    { tenant_id: tenantId, step_s: 1, starts_at: new Date(START_MS), ...columns },
  ]);
  expect(await control.query('SELECT * FROM pool_use WHERE pool_class = $1', [POOL_CLASS])).toMatchObject([{ step_s: 1, ...columns }]);
});
