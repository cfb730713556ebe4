import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { RunsService } from '#features/generations/runs.service';
import { CreditsWatch } from '#features/ledger/credits-watch.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { admitted, aNode, aTenant } from '#testing/builders';

let api: ApiUnderTest;
let operator: string;
let runs: RunsService;
let nodeId: string;
let lane = 0;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  operator = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.operator);
  runs = new RunsService(api.control);
  nodeId = await aNode(api.control, 20);
});
afterAll(async () => {
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await api.stop();
});

async function aCustomer(credits?: string) {
  const tenantId = await aTenant(api.control, 0n);
  const key = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  if (credits) await grant(tenantId, { source: 'top_up', amount: credits });
  return { tenantId, key };
}
const grant = (tenantId: string, body: unknown) => api.call(operator, 'POST', `/api/v1/ledger/grants?tenant=${tenantId}`, body);
const balance = async (key: string) => (await api.call(key, 'GET', '/api/v1/ledger/balance')).body.availableCredits;

/** One image: five credits. */
async function aCompletedImage(tenantId: string, key: string, labels = {}): Promise<string> {
  const { id } = (await api.call(key, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox', labels })).body;
  await runs.settle(await admitted(api.control, { tenantId, id }, `${nodeId}/${lane++}`));
  return id;
}

it('grants once, however often it is asked for with one id', async () => {
  const { tenantId, key } = await aCustomer();
  const body = { id: randomUUID(), source: 'promotion', amount: '7.5', modelFamilies: ['ray'], expiresAt: '2100-01-01T00:00:00Z' };
  for (const _ of [1, 2]) expect((await grant(tenantId, body)).body).toMatchObject({ id: body.id, amount: '7.5', remaining: '7.5' });
  expect(await balance(key)).toBe('7.5');
  const image = await api.call(key, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' });
  expect(image.status).toBe(402); // a promotion for ray pays for no photon
});

it('moves credits from an agency to its brand with their end, and to nobody else', async () => {
  const { tenantId, key } = await aCustomer();
  await grant(tenantId, { source: 'promotion', amount: '10', expiresAt: '2100-01-01T00:00:00Z' });
  await grant(tenantId, { source: 'top_up', amount: '10' });
  const brand = (await api.call(key, 'POST', '/api/v1/tenants', { name: 'A brand' })).body;
  const funded = await api.call(key, 'POST', '/api/v1/ledger/funding', { tenantId: brand.id, amount: '15' });
  expect(funded.body.grants).toMatchObject([
    { source: 'promotion', amount: '10', expiresAt: '2100-01-01T00:00:00.000Z' },
    { source: 'top_up', amount: '5', expiresAt: null },
  ]);
  expect(await balance(key)).toBe('5');
  expect((await api.call(key, 'GET', `/api/v1/ledger/balance?tenant=${brand.id}`)).body.availableCredits).toBe('15');
  expect((await api.call(key, 'POST', '/api/v1/ledger/funding', { tenantId: brand.id, amount: '6' })).status).toBe(402);
  const other = await aCustomer();
  expect((await api.call(key, 'POST', '/api/v1/ledger/funding', { tenantId: other.tenantId, amount: '1' })).status).toBe(404);
});

it('refunds by new transfers, at most what was spent', async () => {
  const { tenantId, key } = await aCustomer('5');
  const generationId = await aCompletedImage(tenantId, key);
  const refund = (amount?: string) =>
    api.call(operator, 'POST', `/api/v1/ledger/refunds?tenant=${tenantId}`, { generationId, amount, reason: 'Flickers' });
  expect((await refund('2')).body).toEqual({ generationId, refunded: '2' });
  expect((await refund('4')).body.detail).toBe('At most 3 credits are left to refund');
  expect((await refund()).body.refunded).toBe('3');
  expect((await refund()).status).toBe(403);
  expect(await balance(key)).toBe('5');
  const { transfers } = (await api.call(key, 'GET', `/api/v1/ledger/transfers?generation=${generationId}`)).body;
  expect(transfers.map(({ code, amountCredits }: Record<string, string>) => `${code} ${amountCredits}`)).toEqual([
    'reserve 5',
    'settle 5',
    'refund 2',
    'refund 3',
  ]);
});

it('refunds to a service credit when the grant has ended', async () => {
  const { tenantId, key } = await aCustomer('5');
  const generationId = await aCompletedImage(tenantId, key);
  await api.control.query('UPDATE grants SET closed_at = now() WHERE tenant_id = $1', [tenantId]);
  await api.call(operator, 'POST', `/api/v1/ledger/refunds?tenant=${tenantId}`, { generationId, reason: 'Flickers' });
  const { grants } = (await api.call(key, 'GET', '/api/v1/ledger/grants')).body;
  expect(grants.filter(({ closedAt }: { closedAt: unknown }) => !closedAt)).toMatchObject([{ source: 'service_credit', remaining: '5' }]);
});

it('adjusts both ways and never below zero', async () => {
  const { tenantId, key } = await aCustomer('10');
  const adjust = (direction: string, amount: string) =>
    api.call(operator, 'POST', `/api/v1/ledger/adjustments?tenant=${tenantId}`, { direction, amount, reason: 'Booked twice' });
  expect((await adjust('take', '4')).status).toBe(201);
  expect((await adjust('take', '7')).status).toBe(402);
  expect((await adjust('give', '1.5')).status).toBe(201);
  expect(await balance(key)).toBe('7.5');
});

it('shows every change with the balance after it, page by page and as CSV', async () => {
  const { tenantId, key } = await aCustomer('20');
  const generationId = await aCompletedImage(tenantId, key, { client: '=cmd|evil' });
  const waiting = (await api.call(key, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' })).body;
  await api.call(key, 'POST', `/api/v1/generations/${waiting.id}/cancel`);
  await api.call(operator, 'POST', `/api/v1/ledger/refunds?tenant=${tenantId}`, { generationId, amount: '1', reason: 'Flickers' });
  const lines: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body: page }: Answer = await api.call(key, 'GET', `/api/v1/ledger/statement?limit=1${cursor && `&cursor=${cursor}`}`);
    lines.push(...page.lines.map((line: Record<string, string>) => `${line.code} ${line.change} → ${line.balance}`));
    cursor = page.nextCursor;
  }
  expect(lines).toEqual(['grant 20 → 20', 'settle -5 → 15', 'refund 1 → 16']);
  const csv = await api.call(key, 'GET', '/api/v1/ledger/statement?format=csv');
  expect(csv.text.split('\r\n')[2]).toMatch(/^[^,]+,settle,-5,15,[^,]+,photon-1,,client:=cmd\|evil,/);
  expect((await api.call(key, 'GET', '/api/v1/ledger/statement?cursor=nonsense')).status).toBe(400);
});

it('tells the balance at any past instant', async () => {
  const { tenantId, key } = await aCustomer('20');
  await aCompletedImage(tenantId, key);
  const rows = await api.control.query<{ code: string; at: Date }>(
    `SELECT code, created_at + interval '1 microsecond' AS at FROM transfers WHERE tenant_id = $1 ORDER BY id`,
    [tenantId],
  );
  const at = rows.map(async ({ code, at }) => {
    const then = new Date(at.getTime() + 1).toISOString(); // the wire has milliseconds
    return `${code} ${JSON.stringify((await api.call(key, 'GET', `/api/v1/ledger/balance?at=${then}`)).body)}`;
  });
  expect((await Promise.all(at)).at(0)).toBe('grant {"availableCredits":"20","reservedCredits":"0"}');
  expect((await Promise.all(at)).at(-1)).toBe('settle {"availableCredits":"15","reservedCredits":"0"}');
  expect((await api.call(key, 'GET', '/api/v1/ledger/balance?at=2020-01-01T00:00:00Z')).body.availableCredits).toBe('0');
});

it.each([
  { query: 'by=model', expected: [{ group: 'photon-1', generations: 2, credits: '9' }] },
  {
    query: 'by=label&label=client',
    expected: [
      { group: 'acme', generations: 1, credits: '4' },
      { group: null, generations: 1, credits: '5' },
    ],
  },
  { query: 'by=day', expected: [{ group: new Date().toISOString().slice(0, 10), generations: 2, credits: '9' }] },
  { query: 'by=project', expected: [{ group: null, generations: 2, credits: '9' }] },
  { query: 'by=tier', expected: [{ group: 'shared', generations: 2, credits: '9' }] },
  { query: 'by=key', expected: [{ group: expect.any(String), generations: 2, credits: '9' }] },
])('adds usage up $query, refunds taken off', async ({ query, expected }) => {
  const { tenantId, key } = await aCustomer('20');
  const generationId = await aCompletedImage(tenantId, key, { client: 'acme' });
  await aCompletedImage(tenantId, key);
  await api.call(operator, 'POST', `/api/v1/ledger/refunds?tenant=${tenantId}`, { generationId, amount: '1', reason: 'Flickers' });
  const span = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';
  expect((await api.call(key, 'GET', `/api/v1/ledger/usage?${span}&${query}`)).body.usage).toEqual(expected);
});

it('adds usage up by brand for an agency, and shows a brand itself alone', async () => {
  const { tenantId, key } = await aCustomer('20');
  const { tenantId: other } = await aCustomer('20');
  await aCompletedImage(tenantId, key);
  const brand = (await api.call(key, 'POST', '/api/v1/tenants', { name: 'A brand' })).body;
  await api.call(key, 'POST', '/api/v1/ledger/funding', { tenantId: brand.id, amount: '10' });
  const brandKey = await api.aKey(brand.id, SCOPES_OF_ROLE.owner);
  for (const _ of [1, 2]) await aCompletedImage(brand.id, brandKey);
  const ask = (by: string, whose = '') =>
    api.call(by, 'GET', `/api/v1/ledger/usage?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&by=brand${whose}`);
  const ofBrand = { group: brand.id, generations: 2, credits: '10' };
  const groups = (await ask(key)).body.usage;
  expect(groups).toHaveLength(2);
  expect(groups).toEqual(expect.arrayContaining([{ group: tenantId, generations: 1, credits: '5' }, ofBrand]));
  expect((await ask(brandKey)).body.usage).toEqual([ofBrand]);
  expect((await ask(key, `&tenant=${brand.id}`)).body.usage).toEqual([ofBrand]);
  expect((await ask(brandKey, `&tenant=${tenantId}`)).status).toBe(404);
  expect((await ask(key, `&tenant=${other}`)).status).toBe(404);
});

it('tells once for each time that credits fall below the line', async () => {
  const { tenantId, key } = await aCustomer('10');
  await api.call(key, 'PATCH', `/api/v1/tenants/${tenantId}`, { creditsLowAt: '8' });
  const watch = new CreditsWatch(api.control);
  const told = async () => {
    await watch.sweep();
    const rows = await api.control.query<{ data: unknown }>(`SELECT data FROM events WHERE tenant_id = $1 AND type = 'credits.low'`, [
      tenantId,
    ]);
    return rows.map(({ data }) => data);
  };
  expect(await told()).toEqual([]);
  await aCompletedImage(tenantId, key);
  await told();
  expect(await told()).toEqual([{ availableCredits: '5', thresholdCredits: '8' }]);
  await grant(tenantId, { source: 'top_up', amount: '5' });
  expect(await told()).toHaveLength(1);
  await aCompletedImage(tenantId, key);
  expect(await told()).toHaveLength(2);
});
