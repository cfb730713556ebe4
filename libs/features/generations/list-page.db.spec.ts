import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GenerationFilter, pageOfIds, parseCursor } from '#features/generations/list-page';
import { submitAll } from '#features/generations/submit-group';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let api: HotPool;
let control: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 2 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 2 });
});
afterAll(async () => {
  await api.close();
  await control.close();
  await database.drop();
});

it('goes through a tier, a state and a project page by page, newest first, and leaves out the rest', async () => {
  const tenantId = await aTenant(control, 1_000_000_000n);
  const projectId = crypto.randomUUID();
  const ids: string[] = [];
  for (let at = 0; at < 9; at += 1) {
    const command = anImage(tenantId);
    await api.transaction('submit', [tenantId], (tx) => submitAll(tx, [command], false));
    const [tier, project] = [at % 3 === 0 ? 'flex' : 'shared', at < 6 ? projectId : null];
    const state = at % 4 === 0 ? 'failed' : 'queued';
    await control.query('UPDATE generations SET service_tier = $2, project_id = $3, state = $4 WHERE id = $1', [
      command.id,
      tier,
      project,
      state,
    ]);
    ids.unshift(command.id);
  }
  expect(await everyPage({ tier: 'flex' })).toEqual(ids.filter((_, at) => (8 - at) % 3 === 0));
  expect(await everyPage({ state: 'failed' })).toEqual(ids.filter((_, at) => (8 - at) % 4 === 0));
  expect(await everyPage({ projectId })).toEqual(ids.filter((_, at) => 8 - at < 6));
  expect(await everyPage({ tier: 'flex', projectId })).toEqual(ids.filter((_, at) => (8 - at) % 3 === 0 && 8 - at < 6));
  // However few rows a page looks through, none is left out or told twice; what is full ends before its bound.
  for (const steps of [[1], [1, 2], [2, 1, 3], [9]]) {
    expect(await everyPage({ tier: 'flex' }, steps)).toEqual(ids.filter((_, at) => (8 - at) % 3 === 0));
    expect(await everyPage({ state: 'queued' }, steps)).toEqual(ids.filter((_, at) => (8 - at) % 4 !== 0));
  }

  // A page that ends at its bound says how far back it looked; a full page and the last one have nothing to say.
  const [oldest] = await control.query<{ at: Date }>('SELECT min(created_at) AS at FROM generations WHERE tenant_id = $1', [tenantId]);
  const pageOf = (filter: Partial<GenerationFilter>, steps: number[]) =>
    api.transaction('list', [tenantId], (tx) => pageOfIds(tx, tenantId, { limit: 2, labels: {}, ...filter }, steps));
  expect((await pageOf({ model: 'none' }, [4, 5])).lookedBackTo).toEqual(oldest?.at);
  expect((await pageOf({ model: 'none' }, [10])).lookedBackTo).toBeNull();
  expect(await pageOf({ state: 'queued' }, [5])).toMatchObject({ ids: [expect.any(String), expect.any(String)], lookedBackTo: null });

  async function everyPage(filter: Partial<GenerationFilter>, steps?: number[]): Promise<string[]> {
    const found: string[] = [];
    let cursor: { createdAtUs: string; id: string } | undefined;
    do {
      const page = await api.transaction('list', [tenantId], (tx) =>
        pageOfIds(tx, tenantId, { limit: 2, labels: {}, cursor, ...filter }, steps),
      );
      expect(page.ids.length).toBeLessThanOrEqual(2);
      found.push(...page.ids);
      cursor = page.nextCursor === null ? undefined : parseCursor(page.nextCursor);
    } while (cursor);
    return found;
  }
});
