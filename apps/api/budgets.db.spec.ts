import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let tenantId: string;
let owner: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  owner = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
});
afterAll(async () => {
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await api.stop();
});

/** One image costs five credits. */
const ask = (key: string, model = 'photon-1') =>
  api.call(key, 'POST', '/dream-machine/v1/generations/image', { prompt: 'a red fox', model });
const used = async (id: string) => (await api.call(owner, 'GET', `/api/v1/projects/${id}`)).body.usedThisMonth;

async function aProjectKey(settings: Record<string, unknown>) {
  const project = (await api.call(owner, 'POST', '/api/v1/projects', { name: `P ${Math.random()}`, ...settings })).body;
  const { key } = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'K', role: 'creator', projectId: project.id })).body;
  return { project, key };
}

it('refuses what a project’s budget does not cover, naming what is missing and the budget', async () => {
  const { project, key } = await aProjectKey({ monthlyBudget: '12' });
  const answers = await Promise.all([ask(key), ask(key), ask(key)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 402]);
  expect(answers.find(({ status }) => status === 402)?.body.detail).toBe(
    `The monthly budget of project ${project.id} (12 credits) is used up: 3 more credits of budget are needed`,
  );
  expect(await used(project.id)).toBe('10');
  await ask(key);
  expect(await eventsOf(project.id)).toEqual([{ budgetCredits: '12', usedCredits: '10', refused: true }]); // once a month
});

it('gives back to the budget what a cancelled generation held', async () => {
  const { project, key } = await aProjectKey({ monthlyBudget: '5' });
  const { id } = (await ask(key)).body;
  expect((await ask(key)).status).toBe(402);
  expect((await api.call(key, 'DELETE', `/dream-machine/v1/generations/${id}`)).status).toBe(204);
  expect(await used(project.id)).toBe('0');
  expect((await ask(key)).status).toBe(201);
});

it('only tells of it when the budget warns', async () => {
  const { project, key } = await aProjectKey({ monthlyBudget: '5', budgetEnforcement: 'warn' });
  expect([(await ask(key)).status, (await ask(key)).status, (await ask(key)).status]).toEqual([201, 201, 201]);
  expect(await used(project.id)).toBe('15');
  expect(await eventsOf(project.id)).toMatchObject([{ refused: false }]);
});

it('counts what was used before there was a budget', async () => {
  const { project, key } = await aProjectKey({});
  await ask(key);
  await api.call(owner, 'PATCH', `/api/v1/projects/${project.id}`, { monthlyBudget: '9' });
  const { key: later } = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'K', role: 'creator', projectId: project.id })).body;
  expect((await ask(later)).status).toBe(402);
});

it('caps a key of its own, whatever the project has left', async () => {
  const made = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'K', role: 'creator', monthlyCap: '5' })).body;
  expect((await ask(made.key)).status).toBe(201);
  const refused = await ask(made.key);
  expect(refused.status).toBe(402);
  expect(refused.body.detail).toContain('of this API key (5 credits)');
});

it('makes only the models that the project allows', async () => {
  const { key } = await aProjectKey({ allowedModels: ['ray-2'] });
  const refused = await ask(key);
  expect(refused.status).toBe(400);
  expect(refused.body.detail).toContain('Valid: ray-2');
});

const NATIVE = '/api/v1/generations';
const DREAM_MACHINE = '/dream-machine/v1/generations';
const media = { url: 'https://example.com/medium' };
const SUBMITS: [string, string, Record<string, unknown>][] = [
  ['an image', `${DREAM_MACHINE}/image`, { prompt: 'a red fox', model: 'photon-1' }],
  ['a video', DREAM_MACHINE, { prompt: 'a red fox', model: 'ray-2' }],
  ['a video by its other route', `${DREAM_MACHINE}/video`, { prompt: 'a red fox', model: 'ray-2' }],
  ['a reframed image', `${DREAM_MACHINE}/image/reframe`, { model: 'photon-1', aspect_ratio: '1:1', media }],
  ['a reframed video', `${DREAM_MACHINE}/video/reframe`, { model: 'ray-2', aspect_ratio: '1:1', media }],
  ['a modified video', `${DREAM_MACHINE}/video/modify`, { model: 'ray-2', mode: 'adhere_1', media }],
  ['a native image', NATIVE, { model: 'photon-1', prompt: 'a red fox' }],
  ['a native video', NATIVE, { model: 'ray-2', prompt: 'a red fox' }],
];

it.each(SUBMITS)('asks project, allowed models, budget and the key’s cap of %s', async (_, url, body) => {
  const bound = await aProjectKey({ allowedModels: ['ray-flash-2'] });
  const refused = await api.call(bound.key, 'POST', url, body);
  expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('Valid: ray-flash-2')]);
  const poor = await aProjectKey({ monthlyBudget: '1' });
  const unpaid = await api.call(poor.key, 'POST', url, body);
  expect([unpaid.status, unpaid.body.detail]).toEqual([402, expect.stringContaining(`of project ${poor.project.id} (1 credits)`)]);
  const capped = (await api.call(owner, 'POST', '/api/v1/keys', { name: 'K', role: 'creator', monthlyCap: '1' })).body;
  const beyond = await api.call(capped.key, 'POST', url, body);
  expect([beyond.status, beyond.body.detail]).toEqual([402, expect.stringContaining('of this API key (1 credits)')]);
});

// Last: afterwards there is a pool class that nothing else here may go to.
it('makes nothing where inputs are trained on, unless the project allows it', async () => {
  await api.control.query(`INSERT INTO sites (id, name, region, jurisdiction) VALUES ('vendor', 'A vendor', 'eu', 'de')`);
  await api.control.query(`INSERT INTO pools (id, site_id, pool_class, trains_on_inputs) VALUES ('vendor', 'vendor', 'halo-1', true)`);
  const [strict, open] = [await aProjectKey({}), await aProjectKey({ noTraining: false })];
  const refused = await ask(strict.key);
  expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('may train on inputs')]);
  expect((await ask(open.key)).status).toBe(201);
});

async function eventsOf(projectId: string) {
  const rows = await api.control.query<{ data: Record<string, unknown> }>(
    `SELECT data - 'month' - 'projectId' AS data FROM events WHERE project_id = $1 AND type = 'budget.exceeded'`,
    [projectId],
  );
  return rows.map(({ data }) => data);
}
