import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { addMonths, dayAt, isoDay } from '#core/capacity/days';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { provisionTenant } from '#features/tenants/provisioning';
import { anOrderBook, aTenant } from '#testing/builders';

/** 100,000,000 credits: the first months of some hundred units. */
const RICH = 100_000_000_000_000n;
const COMMITMENTS = '/api/v1/commitments';

let api: ApiUnderTest;
let agency: string;
let owner: string;
let operator: string;
let platform: string;
const today = dayAt(new Date());
const days = (ahead: number) => isoDay(today + ahead);

beforeAll(async () => {
  api = await ApiUnderTest.start();
  agency = await aTenant(api.control, RICH);
  owner = await api.aKey(agency, SCOPES_OF_ROLE.owner);
  platform = await aTenant(api.control, 0n);
  operator = await api.aKey(platform, SCOPES_OF_ROLE.operator);
});
afterAll(() => api.stop());

const order = (poolClass: string, units: number, more: object = { months: 1 }, key = owner) =>
  api.call(key, 'POST', COMMITMENTS, { poolClass, units, ...more });
const change = (id: string, what: string, body?: object, key = owner) => api.call(key, 'POST', `${COMMITMENTS}/${id}/${what}`, body);
const guaranteed = async (poolClass: string, tenantId = agency) =>
  (
    await api.control.query<{ units: number }>('SELECT units FROM guarantees WHERE pool_class = $1 AND tenant_id = $2', [
      poolClass,
      tenantId,
    ])
  )[0]?.units ?? 0;

it('sells what exists, guarantees it at once, and charges the first month', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 10, lanesPerNode: 4 }); // 36 to sell: one node is spare
  const before = await api.call(owner, 'GET', '/api/v1/ledger/balance');
  const quoted = (await api.call(owner, 'POST', `${COMMITMENTS}/quote`, { poolClass, units: 8, months: 3 })).body;
  expect(quoted).toMatchObject({ units: 8, endsOn: isoDay(addMonths(today, 3)), price: { unitMonthUsd: '2800.00' } });
  const made = await order(poolClass, 8, { months: 3 });
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'active', units: 8, paidCredits: quoted.price.firstMonthCredits, overdueCredits: '0' },
  });
  expect(await guaranteed(poolClass)).toBe(8);
  const after = await api.call(owner, 'GET', '/api/v1/ledger/balance');
  expect(Number(before.body.availableCredits) - Number(after.body.availableCredits)).toBeCloseTo(Number(quoted.price.firstMonthCredits), 3);
  expect((await api.call(owner, 'GET', '/api/v1/capacity')).body.tenants).toContainEqual(
    expect.objectContaining({ poolClass, guaranteedUnits: 8, unitsInUse: 0 }),
  );
  expect(await ledgerDifferences(api.control)).toEqual([]);
});

it('names the first day that fails, and what would fit', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 5, lanesPerNode: 4, later: { inDays: 40, nodes: 4 } }); // 16, then 32
  await order(poolClass, 8, { startsOn: days(10), months: 1 });
  const refused = await order(poolClass, 16, { startsOn: days(5), months: 1 });
  expect(refused).toMatchObject({
    status: 409,
    body: { type: 'urn:halogen:problem:no_capacity', firstFailingDay: days(10), largestUnitsThatFit: 8, earliestStartThatFits: days(40) },
  });
  expect((await order(poolClass, 16, { startsOn: days(40), months: 1 })).status).toBe(201);
  const calendar = await api.call(owner, 'GET', `/api/v1/capacity/calendar?poolClass=${poolClass}&days=50`);
  expect(calendar.body.stretches.slice(0, 2)).toEqual([
    { startsOn: days(0), endsOn: days(10), freeUnits: 16, ownUnits: 0 },
    { startsOn: days(10), endsOn: isoDay(Math.min(today + 40, addMonths(today + 10, 1))), freeUnits: 8, ownUnits: 8 },
  ]);
  const staff = await api.call(operator, 'GET', `/api/v1/capacity/calendar?poolClass=${poolClass}&days=50`);
  expect(staff.body.stretches[0]).toMatchObject({ capacityUnits: 16, soldUnits: 0 });
});

it('never sells a lane twice to orders that come at once', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 26, lanesPerNode: 4 }); // 100
  const others = await Promise.all(Array.from({ length: 4 }, async () => api.aKey(await aTenant(api.control, RICH), SCOPES_OF_ROLE.owner)));
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => order(poolClass, 8, { months: 1 }, others[at % 4])));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(12);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(28);
  const [sold] = await api.control.query<{ units: number }>('SELECT sum(units)::int AS units FROM commitments WHERE pool_class = $1', [
    poolClass,
  ]);
  expect(sold?.units).toBe(96);
  expect(await ledgerDifferences(api.control)).toEqual([]);
});

it('adds units that end together, renews, and ends an order with another one', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 20, lanesPerNode: 4 });
  const first = (await order(poolClass, 8, { months: 3 })).body;
  const added = await change(first.id, 'resize', { moreUnits: 3 });
  expect(added.body).toMatchObject({ units: 3, endsOn: first.endsOn, origin: 'resize', followsId: first.id, unitMonthUsd: '2800.00' });
  const renewed = await change(first.id, 'renew', { months: 12 });
  expect(renewed.body).toMatchObject({ startsOn: first.endsOn, state: 'ordered', units: 8, unitMonthUsd: '2100.00' });
  expect((await change(first.id, 'renew', { months: 1 })).status).toBe(409);
  const beside = await order(poolClass, 8, { startsOn: days(20), endsWith: first.id });
  expect(beside.body).toMatchObject({ endsOn: first.endsOn, unitMonthUsd: '3800.00' });
  expect(await guaranteed(poolClass)).toBe(11);
});

it('cancels before the beginning and gives the money back, not after', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 20, lanesPerNode: 4 });
  const balance = async () => (await api.call(owner, 'GET', '/api/v1/ledger/balance')).body.availableCredits;
  const before = await balance();
  const later = (await order(poolClass, 8, { startsOn: days(3), months: 1 })).body;
  expect(await balance()).not.toBe(before);
  expect((await change(later.id, 'cancel')).body).toMatchObject({ state: 'cancelled', paidCredits: '0' });
  expect(await balance()).toBe(before);
  const now = (await order(poolClass, 8)).body;
  expect((await change(now.id, 'cancel')).status).toBe(409);
  expect(await ledgerDifferences(api.control)).toEqual([]);
});

it('transfers between an agency’s own brands, and to nobody else', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 20, lanesPerNode: 4 });
  const brand = randomUUID();
  await api.control.transaction('a brand', [], (tx) =>
    provisionTenant(tx, {
      id: brand,
      name: 'A brand',
      parentTenantId: agency,
      reservedAccountId: randomUUID(),
      spentAccountId: randomUUID(),
    }),
  );
  const stranger = await aTenant(api.control, 0n);
  const first = (await order(poolClass, 10, { months: 3 })).body;
  expect((await change(first.id, 'transfer', { toTenantId: stranger })).status).toBe(404);
  const { moved, rest } = (await change(first.id, 'transfer', { toTenantId: brand, units: 4 })).body;
  expect(moved).toMatchObject({ tenantId: brand, units: 4, endsOn: first.endsOn, state: 'active' });
  expect(rest).toMatchObject({ tenantId: agency, units: 6 });
  expect([await guaranteed(poolClass), await guaranteed(poolClass, brand)]).toEqual([6, 4]);
  expect(Number(moved.totalCredits) + Number(rest.totalCredits) + Number(first.paidCredits)).toBeCloseTo(Number(first.totalCredits), 3);
  const brandKey = await api.aKey(brand, SCOPES_OF_ROLE.owner);
  expect((await change(moved.id, 'transfer', { toTenantId: agency }, brandKey)).status).toBe(404); // a brand reaches only itself
  expect((await api.call(brandKey, 'GET', `${COMMITMENTS}/${rest.id}`)).status).toBe(404);
  const back = await api.call(owner, 'POST', `${COMMITMENTS}/${moved.id}/transfer?tenant=${brand}`, { toTenantId: agency });
  expect(back.body).toMatchObject({ moved: { tenantId: agency, units: 4 }, rest: null });
  expect(await guaranteed(poolClass)).toBe(10);
});

/** One operator proposes the cut, another one approves it. */
async function forced({ reason, ...cut }: { reason: string }): Promise<void> {
  const act = { does: 'cut', ...cut };
  const [first, second] = [await api.aSession(platform, 'operator'), await api.aSession(platform, 'operator')];
  const proposed = await api.call(first, 'POST', '/api/v1/operations/proposals', { act, reason });
  expect(proposed.body.touched).toMatchObject({
    needsSecondPerson: true,
    counts: expect.arrayContaining([{ what: 'taken_units', value: 3, exact: true }]),
  });
  expect((await api.call(second, 'POST', `/api/v1/operations/proposals/${proposed.body.id}/approve`)).body.state).toBe('approved');
}

it('refuses a cut of what is sold, or forces it and credits whom it takes from', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 6, lanesPerNode: 4 }); // 20
  const elder = await order(poolClass, 8);
  const youngest = await aTenant(api.control, RICH);
  const young = await order(poolClass, 8, { months: 1 }, await api.aKey(youngest, SCOPES_OF_ROLE.owner));
  const cut = { siteId: poolClass, poolClass, kind: 'maintenance', reason: 'New pumps', lanes: 7, startsOn: days(0), endsOn: days(3) };
  expect((await api.call(owner, 'POST', '/api/v1/capacity/cuts', cut)).status).toBe(404);
  expect(await api.call(operator, 'POST', '/api/v1/capacity/cuts', cut)).toMatchObject({
    status: 409,
    body: { firstFailingDay: days(0), missingUnits: 3 },
  });
  expect((await api.call(operator, 'POST', '/api/v1/capacity/cuts', { ...cut, force: true })).body.type).toContain('second_person_needed');
  await forced(cut);
  expect([await guaranteed(poolClass), await guaranteed(poolClass, youngest)]).toEqual([8, 5]);
  const credits = await api.control.query<{ amount_micro: string }>(
    `SELECT amount_micro FROM grants WHERE tenant_id = $1 AND source = 'service_credit'`,
    [youngest],
  );
  // 3 of 8 units for 3 days of the month that was paid.
  const monthDays = addMonths(today, 1) - today;
  expect(Number(credits[0]?.amount_micro) / 1e6).toBeCloseTo((Number(young.body.paidCredits) * 3 * 3) / (8 * monthDays), 3);
  expect(elder.body.creditedCredits).toBe('0');
  expect((await order(poolClass, 8)).status).toBe(409);
  expect(await ledgerDifferences(api.control)).toEqual([]);
});

it('sells nothing without credits, and shows nobody else’s commitments', async () => {
  const poolClass = await anOrderBook(api.control, { nodes: 20, lanesPerNode: 4 });
  const poor = await aTenant(api.control, 1n);
  const key = await api.aKey(poor, SCOPES_OF_ROLE.owner);
  expect((await order(poolClass, 8, { months: 1 }, key)).status).toBe(402);
  expect((await api.call(key, 'GET', COMMITMENTS)).body).toEqual({ commitments: [] });
  expect((await order('no such class', 8)).status).toBe(404);
  expect((await order(poolClass, 7)).status).toBe(422);
});
