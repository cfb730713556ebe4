import { expect, it } from 'vitest';
import { dayOf, NEVER } from '#core/capacity/days';
import { capacityOf } from '#core/capacity/phases';
import { valueOn } from '#core/capacity/steps';
import { HALO_PHASES, HALO_POOL_CLASSES } from '#infra/local/halo-sites';

it('grows from 2026 to 2029, up to 2 GW', () => {
  expect(HALO_PHASES.reduce((sum, { megawatts }) => sum + megawatts, 0)).toBe(2_000);
  expect(HALO_PHASES.map(({ powersOn }) => powersOn.slice(0, 4))).toEqual(['2026', '2026', '2027', '2028', '2028', '2029']);
});

it('is counted in steps, not lanes, and keeps one rack in 32 of each site spare', () => {
  const books = HALO_POOL_CLASSES.map(({ poolClass, spareOneNodeIn }) => {
    const phases = HALO_PHASES.filter((phase) => phase.poolClass === poolClass);
    return capacityOf({ phases: phases.map((phase) => ({ ...phase, powersOn: dayOf(phase.powersOn) })), cuts: [], spareOneNodeIn });
  });
  expect(books.map((steps) => steps.length)).toEqual([3, 3]);
  expect(valueOn(books[0] ?? [], dayOf('2026-11-23'))).toBe((1_680 - 53) * 72);
  const atTheEnd = books.reduce((sum, steps) => sum + valueOn(steps, NEVER - 1), 0);
  expect(atTheEnd).toBe((3_360 - 53 - 53) * 72 + (5_600 - 113 - 63) * 144);
});
