import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { RunsService } from '#features/generations/runs.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { admitted, aNode, aTenant } from '#testing/builders';
import { aReviewedBatch } from '#testing/reviewed-batch';

let api: ApiUnderTest;
let tenantId: string;
let owner: string;
/** What remakes begin with: a clip, and a reviewed batch of one row. */
const sources = { CLIP: '', BATCH: '' };

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 1_000_000_000n);
  owner = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  await makeSources();
});
afterAll(async () => {
  // It was paid for by itself, as no row of a batch is.
  await api.control.query('UPDATE generations SET batch_id = NULL, row_number = NULL WHERE batch_id = $1', [sources.BATCH]);
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await api.stop();
});

/** Both have run to their end, so that the ledger knows them. */
async function makeSources(): Promise<void> {
  const nodeId = await aNode(api.control, 2, 'a-class');
  const wishes = [
    { model: 'ray-2', prompt: 'a brook' },
    { model: 'photon-1', prompt: 'a red fox' },
  ];
  const ids = [];
  for (const [lane, wish] of wishes.entries()) {
    const { id } = (await api.call(owner, 'POST', NATIVE, wish)).body;
    await new RunsService(api.control).settle(await admitted(api.control, { tenantId, id }, `${nodeId}/${lane}`));
    ids.push(id);
  }
  const [clip, row] = ids;
  sources.CLIP = clip;
  sources.BATCH = await aReviewedBatch(api.database.ownerUrl, { tenantId, rows: 0 });
  await api.control.query(`UPDATE generations SET assets = '{"video": "a/video.mp4", "image": "a/image.jpg"}' WHERE id = $1`, [clip]);
  await api.control.query('UPDATE generations SET batch_id = $2, row_number = 1 WHERE id = $1', [row, sources.BATCH]);
}

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
  ['a clip made larger', `${DREAM_MACHINE}/CLIP/upscale`, { resolution: '4k' }],
  ['a clip with sound', `${DREAM_MACHINE}/CLIP/audio`, { prompt: 'a brook' }],
  ['a native remake of a clip', NATIVE, { operation: 'upscale', source: { generationId: 'CLIP' }, resolution: '4k' }],
  ['a row that is made anew in review', '/api/v1/batches/BATCH/rows/1/regenerate', {}],
];
const named = (text: string) => text.replace('CLIP', sources.CLIP).replace('BATCH', sources.BATCH);

it.each(SUBMITS)('asks project, allowed models, budget and the key’s cap of %s', async (_, route, wish) => {
  const [url, body] = [named(route), JSON.parse(named(JSON.stringify(wish)))];
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
  const person = await api.aSession(tenantId, 'creator');
  const asked = await api.call(person, 'POST', NATIVE, { model: 'photon-1', prompt: 'a red fox' });
  expect([asked.status, asked.body.detail]).toEqual([400, expect.stringContaining('may train on inputs')]);
});

async function eventsOf(projectId: string) {
  const rows = await api.control.query<{ data: Record<string, unknown> }>(
    `SELECT data - 'month' - 'projectId' AS data FROM events WHERE project_id = $1 AND type = 'budget.exceeded'`,
    [projectId],
  );
  return rows.map(({ data }) => data);
}
