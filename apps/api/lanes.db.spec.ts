import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { cellOf, packCells, stateOf, unpackCells } from '#core/capacity/lane-cells';
import { aTenant } from '#testing/builders';

const LANES = '/api/v1/capacity/lanes?poolClass=a-class';
const USE = '/api/v1/capacity/lane-use?poolClass=a-class';

let api: ApiUnderTest;
let ours: string;
let customer: string;
let auditor: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  ours = await aTenant(api.control, 0n);
  const theirs = await aTenant(api.control, 0n);
  customer = await api.aKey(ours, SCOPES_OF_ROLE.owner);
  auditor = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.auditor);
  const cells = Uint16Array.of(cellOf('own', 1), cellOf('lent', 2), cellOf('idle'));
  await api.control.query(`INSERT INTO live_lanes VALUES ('a-class', 1, 5, $1, $2, now())`, [
    JSON.stringify([{ siteId: 'north', nodeId: 'n1', lanes: 3 }]),
    packCells(cells),
  ]);
  await api.control.query(`INSERT INTO live_lane_slots VALUES ('a-class', 1, $1), ('a-class', 2, $2)`, [ours, theirs]);
});
afterAll(() => api.stop());

const statesOf = (cells: string) => [...unpackCells(Buffer.from(cells, 'base64'))].map(stateOf);

it('shows a customer its own lanes alone, and platform staff all of them', async () => {
  const own = (await api.call(customer, 'GET', LANES)).body;
  expect(own).toMatchObject({ version: '5', ranges: [{ siteId: 'north', nodeId: null, lanes: 1 }], slots: [{ slot: 1, tenantId: ours }] });
  expect(statesOf(own.cells)).toEqual(['own']);
  const all = (await api.call(auditor, 'GET', LANES)).body;
  expect(all).toMatchObject({ ranges: [{ nodeId: 'n1', lanes: 3 }], slots: [{ slot: 1 }, { slot: 2 }] });
  expect(statesOf(all.cells)).toEqual(['own', 'lent', 'idle']);
  expect((await api.call(customer, 'GET', LANES.replace('a-class', 'nowhere'))).status).toBe(404);
  expect((await api.call(customer, 'GET', LANES.replace('lanes', 'lanes/events'))).status).toBe(200);
});

it('tells use over time column by column, with gaps, and never more points than fit', async () => {
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 120_000);
  await api.control.query(
    `INSERT INTO tenant_use VALUES ($1, 'a-class', 10, $2, '{1,2,3,4,NaN,6}', '{0,0,0,0,NaN,0}', '{0,0,0,0,NaN,0}', '{0,0,0,0,NaN,0}', '{7,6,5,4,NaN,2}')`,
    [ours, startsAt],
  );
  const at = (ms: number) => new Date(startsAt.getTime() + ms).toISOString();
  const { body } = await api.call(customer, 'GET', `${USE}&stepS=10&from=${at(10_000)}&to=${at(70_000)}`);
  expect(body).toMatchObject({ stepS: 10, from: at(10_000), own: [2, 3, 4, null, 6, null], idle: [6, 5, 4, null, 2, null] });
  const month = `&from=${new Date(Date.now() - 30 * 86_400_000).toISOString()}`;
  expect((await api.call(customer, 'GET', `${USE}${month}`)).body.stepS).toBe(3_600);
  expect((await api.call(customer, 'GET', `${USE}${month}&stepS=60`)).status).toBe(409);
  expect((await api.call(customer, 'GET', `${USE}&stepS=7`)).status).toBe(422);
  expect((await api.call(auditor, 'GET', USE)).body.own.every((value: unknown) => value === null)).toBe(true);
});

it('shows platform staff what the lanes did at a moment of the last day, and customers nothing of it', async () => {
  const takenAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000);
  await api.control.query(`INSERT INTO lane_pictures VALUES ('a-class', $1, $2, $3, $4)`, [
    takenAt,
    JSON.stringify([{ siteId: 'north', nodeId: 'n1', lanes: 2 }]),
    JSON.stringify({ 4: ours }),
    packCells(Uint16Array.of(cellOf('flex', 4), cellOf('away'))),
  ]);
  const at = (ms: number) => `${LANES}&at=${new Date(takenAt.getTime() + ms).toISOString()}`;
  const { body } = await api.call(auditor, 'GET', at(59_000));
  expect(body).toMatchObject({ writtenAt: takenAt.toISOString(), slots: [{ slot: 4, tenantId: ours }], ranges: [{ nodeId: 'n1' }] });
  expect(statesOf(body.cells)).toEqual(['flex', 'away']);
  expect((await api.call(auditor, 'GET', at(-1_000))).status).toBe(404);
  expect((await api.call(auditor, 'GET', at(600_000))).status).toBe(404);
  expect((await api.call(customer, 'GET', at(0))).status).toBe(404);
});

it('counts the lanes that a tenant has called back, and tells nobody else', async () => {
  const other = await aTenant(api.control, 0n);
  await api.control.query(
    `INSERT INTO recalls (tenant_id, generation_id, fence, pool_class, owner_id, node_id, lanes, lost_lane_ms, recalled_at)
     SELECT $2, uuidv7(), 1, 'a-class', $1, 'n1', 3, 0, now() - age FROM unnest('{1 minute,10 minutes,2 hours}'::interval[]) AS a (age)`,
    [ours, other],
  );
  const recalledBy = async (key: string) =>
    (await api.call(key, 'GET', '/api/v1/capacity/utilization?poolClass=a-class')).body.recalledLanes;
  expect(await recalledBy(customer)).toBe(6);
  expect(await recalledBy(await api.aKey(other, SCOPES_OF_ROLE.owner))).toBe(0);
});
