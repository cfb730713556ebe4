import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { MAX_CANCELLED_AT_ONCE } from '#features/generations/cancellation-limits';
import { CancellationRuns } from '#features/generations/cancellation-runs.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await api.stop();
});

async function aCustomer() {
  const tenantId = await aTenant(api.control, 100_000_000_000n);
  return { tenantId, key: await api.aKey(tenantId, SCOPES_OF_ROLE.creator) };
}
const make = async (key: string, labels: Record<string, string> = {}): Promise<string> =>
  (await api.call(key, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox', labels })).body.id;
const preview = async (key: string, match: object) => (await api.call(key, 'POST', '/api/v1/cancellations/preview', match)).body;
const start = (key: string, body: object) => api.call(key, 'POST', '/api/v1/cancellations', body);
const stateOf = async (key: string, id: string) => (await api.call(key, 'GET', `/api/v1/generations/${id}`)).body.state;
const run = () => new CancellationRuns(api.control).sweep();

it('counts what matches, and cancels that and nothing that came after the count', async () => {
  const { key } = await aCustomer();
  const spring = await Promise.all([1, 2, 3].map(() => make(key, { campaign: 'spring' })));
  const autumn = await make(key, { campaign: 'autumn' });
  await api.call(key, 'POST', `/api/v1/generations/${spring[0]}/cancel`);
  const { count, token } = await preview(key, { label: 'campaign:spring' });
  expect(count).toEqual({ value: 2, exact: true });
  const late = await make(key, { campaign: 'spring' });

  const started = await start(key, { token });
  expect([started.status, started.body]).toMatchObject([202, { state: 'running', expected: { value: 2, exact: true }, cancelled: 0 }]);
  await run();
  const { body } = await api.call(key, 'GET', `/api/v1/cancellations/${started.body.id}`);
  expect(body).toMatchObject({ state: 'done', cancelled: 2, endedBefore: 0, finishedAt: expect.any(String) });
  expect(await Promise.all([...spring, autumn, late].map((id) => stateOf(key, id)))).toEqual([
    ...['cancelled', 'cancelled', 'cancelled'],
    ...['queued', 'queued'],
  ]);
});

it('cancels those that are named, and counts those that had ended or are another tenant’s', async () => {
  const [ours, theirs] = [await aCustomer(), await aCustomer()];
  const ids = await Promise.all([1, 2].map(() => make(ours.key)));
  const other = await make(theirs.key);
  await api.call(ours.key, 'POST', `/api/v1/generations/${ids[0]}/cancel`);
  const { body } = await start(ours.key, { ids: [...ids, other] });
  await run();
  expect((await api.call(ours.key, 'GET', `/api/v1/cancellations/${body.id}`)).body).toMatchObject({
    state: 'done',
    cancelled: 1,
    endedBefore: 2,
  });
  const rows = (query = '') => api.call(ours.key, 'GET', `/api/v1/cancellations/${body.id}/rows${query}`);
  const outcomes = ['ended_before', 'cancelled', 'not_there'];
  const told = [...ids, other].map((generationId, at) => ({ generationId, outcome: outcomes[at] }));
  expect((await rows()).body).toEqual({ rows: told, nextAfter: null });
  expect((await rows('?limit=2')).body).toEqual({ rows: told.slice(0, 2), nextAfter: 2 });
  expect((await rows('?outcome=cancelled')).body.rows).toEqual([told[1]]);
  expect((await api.call(theirs.key, 'GET', `/api/v1/cancellations/${body.id}/rows`)).status).toBe(404);
  expect(await stateOf(theirs.key, other)).toBe('queued');
  expect((await api.call(theirs.key, 'GET', `/api/v1/cancellations/${body.id}`)).status).toBe(404);
});

it('goes on where it stopped, a bounded number a transaction', async () => {
  const { key, tenantId } = await aCustomer();
  const ids = await Promise.all(Array.from({ length: MAX_CANCELLED_AT_ONCE + 5 }, () => make(key)));
  const { token } = await preview(key, {});
  await start(key, { token });
  await Promise.all([run(), run()]); // two workers share the jobs
  const rows = await api.control.query('SELECT 1 FROM generations WHERE tenant_id = $1 AND state = $2', [tenantId, 'cancelled']);
  expect(rows).toHaveLength(ids.length);
  const places = await api.control.query<{ place: number }>('SELECT place FROM cancellation_rows WHERE tenant_id = $1 ORDER BY place', [
    tenantId,
  ]);
  expect(places.map(({ place }) => place)).toEqual(ids.map((_, at) => at + 1));
});

it('tells the states of what a list shows, and refuses what it did not write', async () => {
  const { key } = await aCustomer();
  const [first] = await Promise.all([1, 2, 3].map(() => make(key)));
  await api.call(key, 'POST', `/api/v1/generations/${first}/cancel`);
  const { body } = await api.call(key, 'GET', '/api/v1/generations/counts');
  expect(body.count).toEqual({ value: 3, exact: true });
  expect(new Map(body.byState.map(({ state, value }: { state: string; value: number }) => [state, value]))).toEqual(
    new Map([
      ['queued', 2],
      ['cancelled', 1],
    ]),
  );
  expect((await start(key, { token: 'bm8' })).status).toBe(400);
  expect((await start(key, {})).status).toBe(422);
  const viewer = await api.aKey((await aCustomer()).tenantId, SCOPES_OF_ROLE.viewer);
  expect((await start(viewer, { ids: [first] })).status).toBe(403);
});
