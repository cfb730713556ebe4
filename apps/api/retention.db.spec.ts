import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { ErasureSweep } from '#features/retention/erasure-sweep';
import { LocalFolder } from '#platform/storage/local-folder';
import { anImage, aTenant } from '#testing/builders';

const DAY_MS = 86_400_000;
const FINISHED = new Date('2026-03-01T12:00:00Z');
const daysLater = (days: number, ms = 0) => new Date(FINISHED.getTime() + days * DAY_MS + ms);
const PROMPT = 'a secret campaign for a red fox';

let api: ApiUnderTest;
let storage: LocalFolder;
let sweep: ErasureSweep;
let tenantId: string;
let key: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  storage = new LocalFolder(api.folder);
  sweep = new ErasureSweep(api.control, storage);
  tenantId = await aTenant(api.control, 1_000_000_000n);
  key = await api.aKey(tenantId, ['generations:read', 'generations:write', 'projects:read', 'projects:write', 'audit:read', 'ledger:read']);
});
afterAll(() => api.stop());

async function aProject(settings: object): Promise<string> {
  const made = await api.call(key, 'POST', '/api/v1/projects', { name: `project ${randomUUID()}`, ...settings });
  expect(made.status).toBe(201);
  return made.body.id;
}

/** A generation that ended at `FINISHED` and left what generations leave: an asset, a draft, a picture that the customer brought along. */
async function aFinished(projectId: string | null, more: object = {}): Promise<{ id: string; url: string; files: Record<string, string> }> {
  const request = { model: 'photon-1', prompt: PROMPT };
  const command = anImage(tenantId, { projectId, prompt: PROMPT, request, surface: 'native', ...more });
  await api.control.transaction('submit', [], (tx) => submitAll(tx, [command], false));
  const folder = `${tenantId}/${command.id}/1`;
  const files = {
    [`${folder}/render-0-1/image.jpg`]: 'the picture',
    [`${folder}/draft-0-1/draft.jpg`]: 'a draft',
    [`${folder}/fetch-0-9/image1.png`]: 'brought',
  };
  for (const [at, text] of Object.entries(files)) {
    await storage.create(at, Readable.from([text]), { contentType: 'image/jpeg', maxBytes: 100 });
  }
  await api.control.query(
    `UPDATE generations SET state = 'completed', finished_at = $3, assets = $4, recipe = '{"inputs": [{"url": "https://example.com/a"}]}' WHERE tenant_id = $1 AND id = $2`,
    [tenantId, command.id, FINISHED, { image: Object.keys(files)[0] }],
  );
  await api.control.query(
    `INSERT INTO checkpoints (tenant_id, generation_id, stage, round, fence, outcome) VALUES ($1, $2, 'plan', 0, 1, '{"caption": "a red fox"}')`,
    [tenantId, command.id],
  );
  const { body } = await api.call(key, 'GET', `/api/v1/generations/${command.id}`);
  return { id: command.id, url: body.assets.image.replace('http://127.0.0.1', ''), files };
}

const shown = async (id: string) => (await api.call(key, 'GET', `/api/v1/generations/${id}`)).body;
const storedOf = (id: string) => countUnder(`${tenantId}/${id}/`);
async function countUnder(prefix: string): Promise<number> {
  let count = 0;
  for await (const _ of storage.list(prefix)) count += 1;
  return count;
}
const ledgerOf = async () => [
  await api.control.query('SELECT * FROM transfers WHERE tenant_id = $1 ORDER BY id', [tenantId]),
  await ledgerDifferences(api.control),
];

it('says when it will go, and erases it then with a proof: objects, prompt, request, recipe, checkpoints', async () => {
  const project = await aProject({ retentionDays: 30 });
  const { id, url, files } = await aFinished(project);
  expect(await shown(id)).toMatchObject({ assetsExpireAt: daysLater(30).toISOString(), deletion: null });
  expect((await api.call(null, 'GET', url)).status).toBe(200);
  const ledger = await ledgerOf();

  expect(await sweep.sweep(daysLater(30, -1))).toBe(0);
  expect(await storedOf(id)).toBe(3);
  expect(await sweep.sweep(daysLater(30))).toBe(1);

  expect(await storedOf(id)).toBe(0);
  expect(await shown(id)).toMatchObject({
    state: 'completed',
    assets: null,
    request: {},
    assetsExpireAt: null,
    deletion: { deletedAt: daysLater(30).toISOString(), rule: 'project_retention' },
    cost: { priceCredits: '5' },
  });
  const gone = await api.call(null, 'GET', url);
  expect([gone.status, gone.body.detail]).toEqual([
    410,
    `This asset was deleted at ${daysLater(30).toISOString()}: its project keeps it no longer`,
  ]);
  expect((await api.call(key, 'GET', `/dream-machine/v1/generations/${id}`)).status).toBe(404);

  const { erasures } = (await api.call(key, 'GET', `/api/v1/erasures?project=${project}`)).body;
  expect(erasures).toMatchObject([
    { subject: 'generation', subjectId: id, rule: 'project_retention', retentionDays: 30, deletedAt: daysLater(30).toISOString() },
  ]);
  expect(erasures[0].objectsDeletedAt).not.toBeNull();
  expect(erasures[0].requestSha256).toMatch(/^[0-9a-f]{64}$/);
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
  expect(Object.fromEntries(erasures[0].objects.map(({ key: at, sha256 }: { key: string; sha256: string }) => [at, sha256]))).toEqual(
    Object.fromEntries(Object.entries(files).map(([at, text]) => [at, hashOf(text)])),
  );
  const entries = (await api.call(key, 'GET', '/api/v1/audit?limit=1000')).body.entries as {
    action: string;
    targetId: string;
    data: object;
  }[];
  expect(entries.findLast(({ action }) => action === 'retention.erased')).toMatchObject({
    targetId: project,
    data: { rule: 'project_retention', generations: 1, batches: 0 },
  });
  expect(await ledgerOf()).toEqual(ledger);
});

it('leaves no word of the prompt in any table', async () => {
  const tables = await api.control.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND has_table_privilege('halogen_control', c.oid, 'SELECT')`,
  );
  for (const { name } of tables) {
    expect(
      await api.control.query(
        `SELECT 1 FROM ${name} t WHERE to_jsonb(t)::text LIKE '%secret campaign%' OR to_jsonb(t)::text LIKE '%a red fox%'`,
      ),
      name,
    ).toEqual([]);
  }
});

it('keeps nothing for a project of zero days, and everything for a project on legal hold', async () => {
  const nothing = await aFinished(await aProject({ retentionDays: 0 }));
  const held = await aProject({ retentionDays: 0, legalHold: true });
  const kept = await aFinished(held);
  await api.call(key, 'DELETE', `/dream-machine/v1/generations/${(await aFinished(held)).id}`);
  expect(await sweep.sweep(FINISHED)).toBe(1);
  expect([await storedOf(nothing.id), await storedOf(kept.id)]).toEqual([0, 3]);
  expect((await shown(kept.id)).assetsExpireAt).toBeNull();

  await api.call(key, 'PATCH', `/api/v1/projects/${held}`, { legalHold: false });
  expect(await sweep.sweep(FINISHED)).toBe(2);
});

it('keeps work of no project until the customer deletes it', async () => {
  const { id, url } = await aFinished(null);
  expect(await sweep.sweep(daysLater(10_000))).toBe(0);
  expect((await shown(id)).assetsExpireAt).toBeNull();
  expect((await api.call(key, 'DELETE', `/dream-machine/v1/generations/${id}`)).status).toBe(204);
  expect(await sweep.sweep(FINISHED)).toBe(1);
  expect(await storedOf(id)).toBe(0);
  expect((await api.call(null, 'GET', url)).status).toBe(410);
  const { erasures } = (await api.call(key, 'GET', '/api/v1/erasures?limit=1000')).body;
  expect(erasures.at(-1)).toMatchObject({ subjectId: id, rule: 'customer_deletion', retentionDays: null });
});

it('erases no more than its bound in one sweep, and what two sweeps find once', async () => {
  const project = await aProject({ retentionDays: 1 });
  for (let at = 0; at < 5; at += 1) await aFinished(project);
  expect(await sweep.sweep(daysLater(1), 2)).toBe(2);
  const counts = await Promise.all([sweep.sweep(daysLater(1)), new ErasureSweep(api.control, storage).sweep(daysLater(1))]);
  expect(counts.reduce((one, other) => one + other)).toBe(3);
  expect((await api.call(key, 'GET', `/api/v1/erasures?project=${project}`)).body.erasures).toHaveLength(5);
});

it('deletes the objects of a sweep that died after its proof', async () => {
  const project = await aProject({ retentionDays: 1 });
  const { id } = await aFinished(project);
  class Broken extends LocalFolder {
    override delete(): Promise<void> {
      return Promise.reject(new Error('the process died here'));
    }
  }
  await expect(new ErasureSweep(api.control, new Broken(api.folder)).sweep(daysLater(1))).rejects.toThrow('died here');
  expect(await shown(id)).toMatchObject({ assets: null, deletion: { rule: 'project_retention' } });
  expect(await storedOf(id)).toBe(3);
  await sweep.sweep(daysLater(2));
  expect(await storedOf(id)).toBe(0);
  expect((await api.call(key, 'GET', `/api/v1/erasures?project=${project}`)).body.erasures[0].objectsDeletedAt).not.toBeNull();
});

it('erases the source, the options and the sheets of a batch', async () => {
  const project = await aProject({ retentionDays: 7 });
  const id = randomUUID();
  const folder = `${tenantId}/batches/${id}`;
  for (const name of ['source', 'contact-sheet-1.jpg']) {
    await storage.create(`${folder}/${name}`, Readable.from([PROMPT]), { contentType: 'image/jpeg', maxBytes: 100 });
  }
  await api.control.query(
    `INSERT INTO batches (tenant_id, id, api_key_id, project_id, state, options, source_format, source_key, sheets, finished_at)
     VALUES ($1, $2, $1, $3, 'completed', $4, 'ndjson', $5, 1, $6)`,
    [tenantId, id, project, { promptTemplate: PROMPT }, `${folder}/source`, FINISHED],
  );
  expect(await sweep.sweep(daysLater(7))).toBe(1);
  expect(await countUnder(`${folder}/`)).toBe(0);
  expect((await api.call(key, 'GET', `/api/v1/batches/${id}`)).body).toMatchObject({ options: {}, contactSheets: 0 });
});
