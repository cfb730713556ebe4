import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '#apps/api/testing/api-under-test';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(() => api.stop());

/** An agency with a brand, and a project in each. */
async function anAgency() {
  const agency = await aTenant(api.control, 1_000_000_000n);
  const owner = await api.aSession(agency, 'owner');
  const make = async (path: string, body: unknown, tenant = agency) =>
    (await api.call({ ...owner, tenant }, 'POST', path, body)).body.id as string;
  const brand = await make('/api/v1/tenants', { name: 'Cola' });
  const spring = await make('/api/v1/projects', { name: 'Spring' }, brand);
  const house = await make('/api/v1/projects', { name: 'House' });
  const set = (tenant: string, body: unknown) => api.call(owner, 'PATCH', `/api/v1/tenants/${tenant}/settings`, body);
  const project = async (id: string, tenant: string) => (await api.call({ ...owner, tenant }, 'GET', `/api/v1/projects/${id}`)).body;
  return { agency, brand, spring, house, owner, make, set, project };
}

it('sets once at the agency what its brands and their projects take over', async () => {
  const { agency, brand, spring, house, set, project, owner } = await anAgency();
  expect((await set(agency, { retentionDays: 7, allowedModels: ['ray-2'], serviceTier: 'flex' })).body.sources).toMatchObject({
    retentionDays: 'tenant',
    noTraining: 'platform',
  });
  expect(await project(house, agency)).toMatchObject({ retentionDays: 7, sources: { retentionDays: 'tenant', serviceTier: 'tenant' } });
  expect(await project(spring, brand)).toMatchObject({
    retentionDays: 7,
    allowedModels: ['ray-2'],
    serviceTier: null,
    inherited: { serviceTier: 'flex' },
    sources: { retentionDays: 'agency', allowedModels: 'agency', noTraining: 'platform' },
  });
  expect((await api.call(owner, 'GET', `/api/v1/tenants/${brand}`)).body.serviceTier).toBe('flex');
});

it('lets the nearest level that sets something decide, and takes it over again when asked to', async () => {
  const { agency, brand, spring, owner, set, project } = await anAgency();
  await set(agency, { retentionDays: 7, noTraining: false });
  await set(brand, { retentionDays: 14 });
  expect(await project(spring, brand)).toMatchObject({ retentionDays: 14, noTraining: false, sources: { retentionDays: 'tenant' } });
  const change = (body: unknown) => api.call({ ...owner, tenant: brand }, 'PATCH', `/api/v1/projects/${spring}`, body);
  expect((await change({ retentionDays: 3 })).body).toMatchObject({ retentionDays: 3, sources: { retentionDays: 'project' } });
  await set(agency, { retentionDays: 90 });
  expect((await project(spring, brand)).retentionDays).toBe(3);
  expect((await change({ inherit: ['retentionDays'] })).body).toMatchObject({ retentionDays: 14, sources: { retentionDays: 'tenant' } });
  await set(brand, { inherit: ['retentionDays'] });
  expect(await project(spring, brand)).toMatchObject({ retentionDays: 90, sources: { retentionDays: 'agency' } });
});

it('gives a brand and a project that are made later what was set before', async () => {
  const { agency, make, set, project } = await anAgency();
  await set(agency, { allowedRegions: ['eu'], serviceTier: 'flex' });
  const later = await make('/api/v1/tenants', { name: 'Tea' });
  const autumn = await make('/api/v1/projects', { name: 'Autumn', noTraining: false }, later);
  expect(await project(autumn, later)).toMatchObject({
    allowedRegions: ['eu'],
    inherited: { serviceTier: 'flex' },
    sources: { allowedRegions: 'agency', noTraining: 'project' },
  });
});

it('holds for keys of a project, and for keys and people without one', async () => {
  const { agency, brand, spring, owner, make, set } = await anAgency();
  await set(agency, { allowedModels: ['ray-2'] });
  const ask = async (as: string | SignedIn) => {
    const { status, body } = await api.call(as, 'POST', '/api/v1/generations/quote', { model: 'photon-1', prompt: 'a red fox' });
    return status === 200 ? 'quoted' : body.detail;
  };
  const keyOf = async (tenant: string, more: object) =>
    (await api.call({ ...owner, tenant }, 'POST', '/api/v1/keys', { name: 'K', role: 'creator', ...more })).body.key as string;
  for (const as of [await keyOf(brand, { projectId: spring }), await keyOf(brand, {}), await api.aSession(brand, 'creator')]) {
    await expect.poll(() => ask(as)).toContain('Valid: ray-2'); // remembered for seconds
  }
  const open = await make('/api/v1/projects', { name: 'Open', allowedModels: null }, brand); // any, whatever the agency says
  expect(await ask(await keyOf(brand, { projectId: open }))).toBe('quoted');
});

it('is changed by owners alone, and told to the brands in their audit log', async () => {
  const { agency, brand, owner, set } = await anAgency();
  const admin = await api.aSession(brand, 'admin');
  expect((await api.call(admin, 'PATCH', `/api/v1/tenants/${brand}/settings`, { retentionDays: 1 })).status).toBe(403);
  expect((await api.call(admin, 'GET', `/api/v1/tenants/${agency}/settings`)).status).toBe(404);
  await set(agency, { retentionDays: 1 });
  const { entries } = (await api.call({ ...owner, tenant: brand }, 'GET', '/api/v1/audit?action=tenant.*&order=newest')).body;
  expect(entries[0]).toMatchObject({ action: 'tenant.settings_inherited', targetId: agency, data: { set: { retentionDays: 1 } } });
});

it('loses no brand that is made meanwhile', async () => {
  const { agency, owner, set } = await anAgency();
  const made = Array.from({ length: 6 }, (_, at) => api.call(owner, 'POST', '/api/v1/tenants', { name: `Brand ${at}` }));
  const [answers] = await Promise.all([Promise.all(made), set(agency, { retentionDays: 5 })]);
  for (const { body } of answers) {
    const { settings } = (await api.call(owner, 'GET', `/api/v1/tenants/${body.id}/settings`)).body;
    expect(settings.retentionDays).toBe(5);
  }
});
