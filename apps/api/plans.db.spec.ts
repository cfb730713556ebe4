import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { monthAround } from '#core/ledger/plans';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { PlanPeriods } from '#features/ledger/plan-periods.service';
import { aTenant } from '#testing/builders';

let api: ApiUnderTest;
let operator: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  operator = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.operator);
});
afterAll(async () => {
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await api.stop();
});

const setPlan = (tenantId: string, plan: string) => api.call(operator, 'PUT', `/api/v1/plan?tenant=${tenantId}`, { plan });
const grantsOf = async (tenantId: string) =>
  (
    await api.control.query<{ line: string }>(
      `SELECT source || ' ' || amount_micro / 1000000 || ' until ' || to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS line
       FROM grants WHERE tenant_id = $1 ORDER BY effective_at, id`,
      [tenantId],
    )
  ).map(({ line }) => line);

it('grants each month once, however many jobs run, and lets a smaller plan follow with the month after', async () => {
  const tenantId = await aTenant(api.control, 0n);
  expect((await setPlan(tenantId, 'pro')).body).toMatchObject({ plan: 'pro', nextPlan: null });
  const { endsAt } = monthAround(new Date());
  expect((await setPlan(tenantId, 'plus')).body).toMatchObject({
    plan: 'pro',
    nextPlan: 'plus',
    nextAt: endsAt.toISOString(),
    grantedNow: '0',
  });
  await Promise.all([new PlanPeriods(api.control).sweep(endsAt), new PlanPeriods(api.control).sweep(endsAt)]);
  const until = monthAround(endsAt).endsAt.toISOString().slice(0, 10);
  expect((await grantsOf(tenantId)).at(-1)).toBe(`plan_period 10000 until ${until}`);
  expect(await grantsOf(tenantId)).toHaveLength(2);
  expect((await api.call(operator, 'GET', `/api/v1/plan?tenant=${tenantId}`)).body).toMatchObject({ plan: 'plus', nextPlan: null });
});

it('records what each period costs, once, an upgrade for the rest of its month', async () => {
  const tenantId = await aTenant(api.control, 0n);
  const first = (await setPlan(tenantId, 'plus')).body;
  await setPlan(tenantId, 'pro');
  const { endsAt } = monthAround(new Date());
  await Promise.all([new PlanPeriods(api.control).sweep(endsAt), new PlanPeriods(api.control).sweep(endsAt)]);
  const charges = await api.control.query<{ plan: string; usd_cents: number }>(
    'SELECT plan, usd_cents FROM plan_charges WHERE tenant_id = $1 ORDER BY starts_at, id',
    [tenantId],
  );
  expect(charges.map(({ plan }) => plan)).toEqual(['plus', 'pro', 'pro']);
  expect(charges[0]?.usd_cents).toBe(first.chargeUsdCents);
  expect(charges[2]?.usd_cents).toBe(9_000);

  const page = async (query: string) => (await api.call(operator, 'GET', `/api/v1/plan/charges?tenant=${tenantId}&${query}`)).body.charges;
  const newest = await page('limit=2');
  expect(newest).toMatchObject([
    { plan: 'pro', usdCents: 9_000, startsAt: endsAt.toISOString() },
    { plan: 'pro', endsAt: endsAt.toISOString() },
  ]);
  expect(await page(`limit=2&after=${newest[1].id}`)).toMatchObject([{ plan: 'plus', usdCents: first.chargeUsdCents }]);
});

it('grants ten clips a day on the free plan', async () => {
  const tenantId = await aTenant(api.control, 0n);
  const key = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
  await setPlan(tenantId, 'free');
  await new PlanPeriods(api.control).sweep(new Date());
  await new PlanPeriods(api.control).sweep(new Date());
  const clip = () =>
    api.call(key, 'POST', '/dream-machine/v1/generations', { model: 'ray-2', prompt: 'a red fox', resolution: '720p', duration: '5s' });
  const statuses: number[] = [];
  for (let at = 0; at < 11; at += 1) statuses.push((await clip()).status);
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 201), 402]);
});
