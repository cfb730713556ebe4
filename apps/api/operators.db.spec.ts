import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { ControlEnds } from '#features/controls/control-ends.service';
import { HotPool } from '#platform/database/hot-pool';
import { anOrderBook, aTenant } from '#testing/builders';

const ROOT = '/api/v1/operations';

let api: ApiUnderTest;
let tenantId: string;
let customer: string;
let operator: string;
let auditor: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  customer = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  const platform = await aTenant(api.control, 0n);
  operator = await api.aKey(platform, SCOPES_OF_ROLE.operator);
  auditor = await api.aKey(platform, SCOPES_OF_ROLE.auditor);
});
afterAll(() => api.stop());

async function aGeneration(): Promise<string> {
  const made = await api.call(customer, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' });
  expect(made.status).toBe(201);
  return made.body.id;
}
const stuckOf = async (id: string) => {
  const { body } = await api.call(auditor, 'GET', `${ROOT}/stuck?minutes=0`);
  return body.stuck.find(({ generationId }: { generationId: string }) => generationId === id);
};

it('pauses a tenant and tells so where work is stuck', async () => {
  const id = await aGeneration();
  expect(await stuckOf(id)).toMatchObject({ tenantId, state: 'queued', reason: 'no_leader' });
  expect((await api.call(operator, 'POST', `${ROOT}/pauses`, { tenantId, reason: 'Under attack' })).status).toBe(204);
  expect((await stuckOf(id)).reason).toBe('tenant_paused');
  expect((await api.call(auditor, 'GET', `${ROOT}/pauses`)).body.pauses).toMatchObject([
    { tenantId, poolClass: null, reason: 'Under attack' },
  ]);
  const lift = () => api.call(operator, 'POST', `${ROOT}/pauses/lift`, { tenantId });
  expect([(await lift()).status, (await lift()).status]).toEqual([204, 404]);
  const audited = await api.control.query<{ action: string }>('SELECT action FROM audit_log WHERE tenant_id = $1 ORDER BY id', [tenantId]);
  expect(audited.map(({ action }) => action)).toEqual(expect.arrayContaining(['tenant.paused', 'tenant.resumed']));
});

it('ends a pause by itself when its time is over, and no other', async () => {
  const brief = await aTenant(api.control, 0n);
  expect((await api.call(operator, 'POST', `${ROOT}/pauses`, { tenantId: brief, reason: 'Brief', minutes: 5 })).status).toBe(204);
  expect((await api.call(operator, 'POST', `${ROOT}/pauses`, { tenantId, reason: 'Long' })).status).toBe(204);
  const pausedIds = async () =>
    (await api.call(auditor, 'GET', `${ROOT}/pauses`)).body.pauses.map((one: { tenantId: string }) => one.tenantId);
  const ends = new ControlEnds(api.control);
  await ends.end();
  expect(await pausedIds()).toEqual([brief, tenantId]);
  const owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  await owner.query('UPDATE tenant_pauses SET ends_at = now() WHERE ends_at IS NOT NULL');
  await owner.close();
  await ends.end();
  expect(await pausedIds()).toEqual([tenantId]);
  expect((await api.call(operator, 'POST', `${ROOT}/pauses/lift`, { tenantId })).status).toBe(204);
});

it('pauses a pool class', async () => {
  const id = await aGeneration();
  const [row] = await api.control.query<{ pool_class: string }>('SELECT pool_class FROM generations WHERE id = $1', [id]);
  expect((await api.call(operator, 'POST', `${ROOT}/pauses`, { poolClass: row?.pool_class, reason: 'New pumps' })).status).toBe(204);
  expect((await stuckOf(id)).reason).toBe('pool_paused');
  expect((await api.call(operator, 'POST', `${ROOT}/pauses/lift`, { poolClass: row?.pool_class })).status).toBe(204);
});

it('gives a queued generation another priority or pool class, and tells the schedulers concerned', async () => {
  const id = await aGeneration();
  const poolClass = await anOrderBook(api.control, { nodes: 2, lanesPerNode: 8 });
  expect((await api.call(operator, 'POST', `${ROOT}/generations/${id}/priority`, { tenantId, priority: 7 })).status).toBe(204);
  expect((await api.call(operator, 'POST', `${ROOT}/generations/${id}/move`, { tenantId, poolClass: 'nowhere' })).status).toBe(404);
  expect((await api.call(operator, 'POST', `${ROOT}/generations/${id}/move`, { tenantId, poolClass })).status).toBe(204);
  const [row] = await api.control.query('SELECT priority, pool_class FROM generations WHERE id = $1', [id]);
  expect(row).toEqual({ priority: 7, pool_class: poolClass });
  const told = await api.control.query<{ pool_class: string }>(
    `SELECT DISTINCT pool_class FROM outbox WHERE consumer = 'scheduler' AND generation_id = $1`,
    [id],
  );
  expect(told).toHaveLength(2);
  await api.call(customer, 'POST', `/api/v1/generations/${id}/cancel`);
  expect((await api.call(operator, 'POST', `${ROOT}/generations/${id}/priority`, { tenantId, priority: 1 })).status).toBe(409);
});

it('tells what a generation uses and waits for, also where the body is not ours', async () => {
  const id = await aGeneration();
  const expected = {
    state: 'queued',
    serviceTier: 'shared',
    servedFrom: null,
    actualBurnLaneMs: 0,
    units: 0,
    unitsInUse: 0,
    wait: null,
  };
  expect((await api.call(customer, 'GET', `/api/v1/generations/${id}/meters`)).body).toMatchObject(expected);
  expect((await api.call(auditor, 'GET', `${ROOT}/generations/${id}?tenantId=${tenantId}`)).body).toMatchObject({
    ...expected,
    rules: null,
  });
  expect((await api.call(customer, 'GET', `/api/v1/generations/${id}/wait`)).body).toEqual({ state: 'queued', wait: null });
  const stranger = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.owner);
  expect((await api.call(stranger, 'GET', `/api/v1/generations/${id}/meters`)).status).toBe(404);
  const { headers } = await api.call(customer, 'GET', `/dream-machine/v1/generations/${id}`);
  expect(headers).toMatchObject({ 'x-halogen-tier': 'shared', 'x-halogen-units': '0' });
});

it('is for operators alone, and looking is for auditors too', async () => {
  const pause = { tenantId, reason: 'No' };
  expect((await api.call(customer, 'POST', `${ROOT}/pauses`, pause)).status).toBe(404);
  expect((await api.call(auditor, 'POST', `${ROOT}/pauses`, pause)).status).toBe(403);
  expect((await api.call(customer, 'GET', `${ROOT}/stuck`)).status).toBe(404);
  expect((await api.call(operator, 'POST', `${ROOT}/pauses`, { ...pause, poolClass: 'both' })).status).toBe(422);
});
