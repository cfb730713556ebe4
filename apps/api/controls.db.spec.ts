import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { ControlEnds } from '#features/controls/control-ends.service';
import { MAX_SWITCHES } from '#features/controls/limits';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';

const ROOT = '/api/v1/operations';
const PICTURE = { model: 'photon-1', prompt: 'a red fox' };

let api: ApiUnderTest;
let owner: HotPool;
let platform: string;
let tenantId: string;
let customer: string;
let stranger: string;
let operator: string;
let first: SignedIn;
let second: SignedIn;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  tenantId = await aTenant(api.control, 1_000_000_000n);
  customer = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  stranger = await api.aKey(await aTenant(api.control, 1_000_000_000n), SCOPES_OF_ROLE.owner);
  platform = await aTenant(api.control, 0n);
  operator = await api.aKey(platform, SCOPES_OF_ROLE.operator);
  first = await api.aSession(platform, 'operator');
  second = await api.aSession(platform, 'operator');
});
afterAll(async () => {
  await owner?.close();
  await api.stop();
});

const submit = (key: string, body: object = PICTURE) => api.call(key, 'POST', '/api/v1/generations', body);
/** A submit asks memory, which hears of a switch a moment after its commit. */
const answers = (key: string, status: number, body?: object) => expect.poll(async () => (await submit(key, body)).status).toBe(status);
const set = (body: object, as: string | SignedIn = operator) =>
  api.call(as, 'POST', `${ROOT}/switches`, { reason: 'A flood of bad requests', ...body });
const lift = (id: string) => api.call(operator, 'POST', `${ROOT}/switches/${id}/lift`);
const auditOf = async (id: string) =>
  (await api.control.query<{ action: string }>('SELECT action FROM audit_log WHERE target_id = $1 ORDER BY id', [id])).map(
    ({ action }) => action,
  );

it('refuses the submits of a tenant with the reason and when to come again, and nobody else’s', async () => {
  const { body } = await set({ stops: 'submits', scope: 'tenant', subject: tenantId, minutes: 5 });
  await answers(customer, 503);
  const refused = await submit(customer);
  expect(refused.body).toMatchObject({ title: 'Switched off', detail: expect.stringContaining('A flood of bad requests') });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(200);
  expect((await submit(stranger)).status).toBe(201);
  const compatible = await api.call(customer, 'POST', '/dream-machine/v1/generations/image', PICTURE);
  expect([compatible.status, compatible.body.detail]).toEqual([503, expect.stringContaining('A flood of bad requests')]);
  expect((await set({ stops: 'submits', scope: 'tenant', subject: tenantId })).status).toBe(409);
  expect([(await lift(body.id)).status, (await lift(body.id)).status]).toEqual([204, 404]);
  await answers(customer, 201);
  expect(await auditOf(body.id)).toEqual(['switch.set', 'switch.lifted']);
});

it('refuses what one model or pool class is asked for', async () => {
  const { body } = await set({ stops: 'submits', scope: 'model', subject: 'photon-1' });
  await answers(customer, 503);
  await answers(customer, 201, { ...PICTURE, model: 'photon-flash-1' });
  await lift(body.id);
  const pool = await set({ stops: 'submits', scope: 'pool', subject: 'halo-1' });
  await answers(customer, 503, { ...PICTURE, model: 'photon-flash-1' });
  await lift(pool.body.id);
  await answers(customer, 201);
});

it('ends a switch by itself, and audits that', async () => {
  const { body } = await set({ stops: 'webhooks', scope: 'all', minutes: 5 });
  await owner.query('UPDATE switches SET ends_at = now() WHERE id = $1', [body.id]);
  await new ControlEnds(api.control).end();
  expect((await api.call(operator, 'GET', `${ROOT}/switches`)).body).toEqual({ switches: [] });
  expect(await auditOf(body.id)).toEqual(['switch.set', 'switch.ended']);
});

it('says that there are as many switches as may be, not that this one is set', async () => {
  await owner.query(
    `INSERT INTO switches (stops, scope, subject, reason, set_in) SELECT 'submits', 'model', 'none-' || n, 'a test', $1 FROM generate_series(1, $2) n`,
    [platform, MAX_SWITCHES],
  );
  const refused = await set({ stops: 'webhooks', scope: 'all' });
  await owner.query('DELETE FROM switches');
  expect(refused.body).toMatchObject({ title: 'Limit reached', detail: expect.stringContaining('lift one') });
});

it.each([
  { stops: 'webhooks', scope: 'model', subject: 'photon-1' },
  { stops: 'submits', scope: 'all', subject: 'photon-1' },
  { stops: 'ingestion', scope: 'tenant' },
])('knows no switch %j', async (body) => {
  expect((await set(body)).status).toBe(422);
});

it('stops all submits only once a second person approves it', async () => {
  const act = { does: 'switch', stops: 'submits', scope: 'all', minutes: 30 };
  expect((await set({ stops: 'submits', scope: 'all' })).body.title).toBe('Second person needed');
  expect((await api.call(operator, 'POST', `${ROOT}/proposals`, { act, reason: 'A key has leaked' })).status).toBe(403);
  const proposed = await api.call(first, 'POST', `${ROOT}/proposals`, { act, reason: 'A key has leaked' });
  expect(proposed.body).toMatchObject({ state: 'open', isOwn: true, touched: { needsSecondPerson: true } });
  const { id } = proposed.body;
  expect((await api.call(first, 'POST', `${ROOT}/proposals/${id}/approve`)).status).toBe(403);
  expect((await submit(customer)).status).toBe(201);
  const approved = await api.call(second, 'POST', `${ROOT}/proposals/${id}/approve`);
  expect(approved.body).toMatchObject({ state: 'approved', isOwn: false });
  await answers(customer, 503);
  expect((await api.call(second, 'POST', `${ROOT}/proposals/${id}/approve`)).status).toBe(409);
  expect(await auditOf(id)).toEqual(['proposal.made', 'proposal.approved']);
  const { body } = await api.call(operator, 'GET', `${ROOT}/switches`);
  await lift(body.switches[0].id);
  await answers(customer, 201);
});

it('lets a proposal be withdrawn, declined or forgotten', async () => {
  const act = { does: 'switch', stops: 'submits', scope: 'all' };
  const make = async () => (await api.call(first, 'POST', `${ROOT}/proposals`, { act, reason: 'A test' })).body.id;
  const [withdrawn, forgotten] = [await make(), await make()];
  expect((await api.call(first, 'POST', `${ROOT}/proposals/${withdrawn}/decline`)).body.state).toBe('declined');
  await owner.query('UPDATE proposals SET expires_at = now() WHERE id = $1', [forgotten]);
  expect((await api.call(second, 'POST', `${ROOT}/proposals/${forgotten}/approve`)).status).toBe(409);
  await new ControlEnds(api.control).end();
  expect(await auditOf(forgotten)).toEqual(['proposal.made', 'proposal.expired']);
});

it.each([
  [{ does: 'switch', stops: 'submits', scope: 'all' }, ['queued', 'running', 'started_last_hour', 'tenants']],
  [{ does: 'switch', stops: 'submits', scope: 'model', subject: 'photon-1' }, ['queued', 'running']],
  [{ does: 'switch', stops: 'webhooks', scope: 'all' }, ['callbacks', 'deliveries']],
  [{ does: 'switch', stops: 'ingestion', scope: 'all' }, ['batches']],
  [{ does: 'pause', poolClass: 'halo-1' }, ['guaranteed_units', 'queued', 'running', 'started_last_hour', 'tenants']],
])('counts what %j would touch', async (act, kinds) => {
  const { status, body } = await api.call(operator, 'POST', `${ROOT}/touched`, { act });
  expect(status).toBe(200);
  expect(body.counts.map(({ what }: { what: string }) => what).sort()).toEqual(kinds);
});

it('counts the queue of a model', async () => {
  const act = { does: 'switch', stops: 'submits', scope: 'model', subject: 'ray-flash-2' };
  await submit(customer, { model: 'ray-flash-2', prompt: 'a red fox', duration: '5s' });
  const { counts } = (await api.call(operator, 'POST', `${ROOT}/touched`, { act })).body;
  expect(counts).toContainEqual({ what: 'queued', value: 1, exact: true });
});

it('belongs to operators alone', async () => {
  expect((await set({ stops: 'submits', scope: 'model', subject: 'photon-1' }, customer)).status).toBe(404);
  const auditor = await api.aKey(platform, SCOPES_OF_ROLE.auditor);
  expect((await set({ stops: 'submits', scope: 'model', subject: 'photon-1' }, auditor)).status).toBe(403);
});
