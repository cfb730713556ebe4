import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { aFinishedDay, aTenant } from '#testing/builders';

const PATH = '/api/v1/capacity/calculator';

let api: ApiUnderTest;
let tenantId: string;
let owner: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  tenantId = await aTenant(api.control, 0n);
  owner = await api.aKey(tenantId, SCOPES_OF_ROLE.owner);
});
afterAll(() => api.stop());

it('finds the units for a load described, with waits, spillover and cost to plot', async () => {
  const load = {
    kind: 'described',
    mix: [
      { model: 'photon-1', share: 3 },
      { model: 'ray-2', resolution: '720p', duration: '5s' },
    ],
    arrivalsPerHour: [60, 240, 120],
  };
  const { status, body } = await api.call(owner, 'POST', PATH, { load, waitP99Seconds: 10, months: 3 });
  expect(status).toBe(200);
  expect(body).toMatchObject({ poolClass: 'halo-1', simulatedJobs: 420, isWhole: true });
  const needed = body.points.find(({ units }: { units: number }) => units === body.neededUnits);
  expect(needed.waitP99Seconds).toBeLessThanOrEqual(10);
  expect(body.orderUnits).toBe(Math.max(8, body.neededUnits));
  // 2,800 dollars a unit and month, at 0.003 dollars a credit.
  expect(Number(needed.unitsCreditsPerMonth) * 0.003).toBeCloseTo(2_800 * needed.units, 3);
  const [fewest] = body.points;
  expect(fewest.spilloverPct).toBeGreaterThanOrEqual(needed.spilloverPct);
  expect(Number(fewest.spilloverCreditsPerMonth)).toBeGreaterThanOrEqual(Number(needed.spilloverCreditsPerMonth));
});

it('sizes what the tenant ran in the last 30 days, and nobody else’s', async () => {
  const poolClass = 'sized';
  const history = { kind: 'last_30_days', poolClass };
  expect((await api.call(owner, 'POST', PATH, { load: history, waitP99Seconds: 0 })).status).toBe(409);
  await aFinishedDay(api.control, { tenantId, poolClass, jobs: Array.from({ length: 6 }, () => ({ minutesAgo: 60, runMs: 60_000 })) });
  const { body } = await api.call(owner, 'POST', PATH, { load: history, waitP99Seconds: 61 });
  expect(body).toMatchObject({ poolClass, simulatedJobs: 6, isWhole: true, peakLanes: 6, neededUnits: 3 });
  const stranger = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.owner);
  expect((await api.call(stranger, 'POST', PATH, { load: history, waitP99Seconds: 61 })).status).toBe(409);
  expect((await api.call(stranger, 'POST', `${PATH}?tenant=${tenantId}`, { load: history, waitP99Seconds: 61 })).status).toBe(404);
});

it('says what it cannot size', async () => {
  const described = (mix: object[], arrivalsPerHour: number[]) =>
    api.call(owner, 'POST', PATH, { load: { kind: 'described', mix, arrivalsPerHour }, waitP99Seconds: 1 });
  expect((await described([{ model: 'nobody-1' }], [1])).status).toBe(400);
  expect((await described([{ model: 'photon-1' }], [0])).status).toBe(409);
  expect((await described([], [1])).status).toBe(422);
  expect(
    (
      await described(
        [{ model: 'photon-1' }],
        Array.from({ length: 169 }, () => 1),
      )
    ).status,
  ).toBe(422);
});
