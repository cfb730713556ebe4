import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Commitment, cancel, enlarge, type NewCommitment, renew, stateOn, transfer } from '#core/capacity/commitment';
import { addMonths, type Day, dayOf } from '#core/capacity/days';
import { checkCut, type ForcedCut, forceCut, type SoldUnits } from '#core/capacity/forced-cut';
import { type OrderBook, place } from '#core/capacity/order-book';
import { type CapacityCut, capacityOf, type SitePhase } from '#core/capacity/phases';
import { TERMS } from '#core/capacity/prices';
import { changesOf, type Steps, stepsOf, valueOn } from '#core/capacity/steps';

const SEQUENCES = Number(process.env.SEQUENCES ?? 10_000);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const START = dayOf('2026-11-23');
const HORIZON_DAYS = 900;
const SPARE_ONE_IN = 4;
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, value) => total + value, 0);

type Kept = Commitment & { isRenewed: boolean; orderedAtMs: number };

/** A book as a table of days: slow, and obviously right. */
class Model {
  today = START;
  phases: SitePhase[] = [];
  siteCuts: CapacityCut[] = [];
  commitments: Kept[] = [];
  cuts: ForcedCut[] = [];

  book(): OrderBook {
    const commitments = this.commitments.filter(({ state }) => state !== 'cancelled').flatMap((one) => changesOf(one, one.units));
    const sold = stepsOf([...commitments, ...this.cuts.flatMap((cut) => changesOf(cut, cut.units, -1))]);
    return { capacity: this.capacity(), sold };
  }

  capacity(): Steps {
    return capacityOf({ phases: this.phases, cuts: this.siteCuts, spareOneNodeIn: SPARE_ONE_IN });
  }

  add(made: NewCommitment): void {
    const id = String(this.commitments.length).padStart(4, '0');
    const { tenantId, units, termMonths, unitMonthCents, startsOn, endsOn } = made;
    const state = stateOn({ startsOn, endsOn, state: 'ordered', isRenewed: false }, this.today);
    const orderedAtMs = this.commitments.length;
    this.commitments.push({
      id,
      tenantId,
      units,
      termMonths,
      unitMonthCents,
      startsOn,
      endsOn,
      state,
      isRenewed: false,
      orderedAtMs,
    });
    const renewed = made.origin === 'renewal' && this.commitments.find((one) => one.id === made.followsId);
    if (renewed) renewed.isRenewed = true;
  }

  soldOn(day: Day): number {
    const held = this.commitments.filter((one) => one.state !== 'cancelled' && one.startsOn <= day && day < one.endsOn);
    const cut = this.cuts.filter((one) => one.startsOn <= day && day < one.endsOn);
    return sum(held.map(({ units }) => units)) - sum(cut.map(({ units }) => units));
  }

  capacityOn(day: Day): number {
    const nodes = sum(this.phases.filter(({ powersOn }) => powersOn <= day).map((phase) => phase.nodes));
    const on = (kind: 'failure' | 'maintenance') =>
      sum(this.siteCuts.filter((cut) => cut.kind === kind && cut.startsOn <= day && day < cut.endsOn).map(({ lanes }) => lanes));
    return Math.max(0, nodes * 8 - on('maintenance') - Math.max(Math.ceil(nodes / SPARE_ONE_IN) * 8, on('failure')));
  }

  /** Days on which anything changes, and the day before each: between them nothing does. */
  days(): Day[] {
    const ranges = [...this.commitments, ...this.cuts, ...this.siteCuts];
    const changes = [this.today, ...this.phases.map(({ powersOn }) => powersOn), ...ranges.flatMap((one) => [one.startsOn, one.endsOn])];
    return [...new Set(changes.flatMap((day) => [day - 1, day]))].filter((day) => day >= this.today);
  }
}

const step = fc.record({
  kind: fc.constantFrom('order', 'order', 'order', 'coterminate', 'resize', 'transfer', 'cancel', 'renew', 'phase', 'cut', 'cut', 'day'),
  which: fc.nat(1000),
  units: fc.integer({ min: 1, max: 40 }),
  day: fc.nat(HORIZON_DAYS),
  days: fc.integer({ min: 1, max: 200 }),
  months: fc.constantFrom(...TERMS),
  forced: fc.boolean(),
  failure: fc.boolean(),
});
type Move = typeof step extends fc.Arbitrary<infer T> ? T : never;

it(`${SEQUENCES} random sequences keep what is sold within capacity on every day, or cut and credit it (seed ${seed})`, () => {
  const happened = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
      fc.array(step, { maxLength: 16 }),
      (nodes, moves) => {
        const model = new Model();
        model.phases = nodes.map((count, at) => ({ siteId: 'halo', powersOn: START + at * 150 - 10, nodes: count, lanesPerNode: 8 }));
        for (const move of moves) {
          const outcome = `${move.kind}: ${make(model, move)}`;
          happened.set(outcome, (happened.get(outcome) ?? 0) + 1);
          const { capacity, sold } = model.book();
          for (const day of model.days()) {
            expect(valueOn(capacity, day)).toBe(model.capacityOn(day));
            expect(valueOn(sold, day)).toBe(model.soldOn(day));
            expect(model.soldOn(day)).toBeLessThanOrEqual(model.capacityOn(day));
          }
        }
        for (const cut of model.cuts) expect(cut.creditMicro > 0n && cut.units > 0 && cut.endsOn > cut.startsOn).toBe(true);
      },
    ),
    { seed, numRuns: SEQUENCES, verbose: 1 },
  );
  // Every kind of move must have been both possible and not, or the sequences show nothing.
  for (const outcome of [
    'order: done',
    'order: no_capacity',
    'resize: done',
    'transfer: done',
    'cancel: done',
    'renew: done',
    'coterminate: done',
  ]) {
    expect(happened.get(outcome), outcome).toBeGreaterThan(0);
  }
  for (const outcome of ['cut: covered', 'cut: refused', 'cut: forced']) expect(happened.get(outcome), outcome).toBeGreaterThan(0);
}, 300_000);

function make(model: Model, { kind, which, units, day, days, months, forced, failure }: Move): string {
  const { today } = model;
  const chosen = model.commitments[which % Math.max(1, model.commitments.length)];
  const done = (made: NewCommitment | { refused: string }) => {
    if ('refused' in made) return made.refused;
    model.add(made);
    return 'done';
  };
  const ordered = (length: { months: (typeof TERMS)[number] } | { endsOn: Day }) => {
    const order = { units, startsOn: today + day, length };
    const terms = place(order, model.book(), today);
    if ('refused' in terms && terms.refused === 'no_capacity') proveRefusal(model, order, terms);
    return done('refused' in terms ? terms : { ...terms, tenantId: `tenant ${which % 3}`, origin: 'order', followsId: null });
  };
  if (kind === 'order') return ordered({ months });
  if (kind === 'phase') {
    model.phases.push({ siteId: 'halo', powersOn: today + day, nodes: 1 + (units % 4), lanesPerNode: 8 });
    return 'done';
  }
  if (kind === 'day') {
    model.today += days;
    for (const one of model.commitments) one.state = stateOn(one, model.today);
    return 'done';
  }
  if (kind === 'cut') {
    const cut: CapacityCut = {
      siteId: 'halo',
      kind: failure ? 'failure' : 'maintenance',
      lanes: units,
      startsOn: today + (day % 400),
      endsOn: today + (day % 400) + days,
    };
    model.siteCuts.push(cut);
    const checked = checkCut(model.book(), today);
    if (checked === 'covered') return 'covered';
    if (!forced) {
      model.siteCuts.pop();
      return 'refused';
    }
    const before = model.book();
    const made = forceCut(before, soldUnits(model), today);
    model.cuts.push(...made);
    expect(made.length).toBeGreaterThan(0);
    return 'forced';
  }
  if (!chosen) return 'nothing there';
  if (kind === 'coterminate') return ordered({ endsOn: chosen.endsOn });
  if (kind === 'resize') return done(enlarge(chosen, units, model.book(), today));
  if (kind === 'renew') return done(renew(chosen, months, model.book(), today));
  if (kind === 'cancel') {
    const outcome = cancel(chosen, today);
    // What was cut from it goes with it: there is nothing left to cut.
    if (!('refused' in outcome)) {
      chosen.state = outcome.state;
      model.cuts = model.cuts.filter(({ commitmentId }) => commitmentId !== chosen.id);
    }
    return 'refused' in outcome ? outcome.refused : 'done';
  }
  const hasCutsAhead = model.cuts.some((cut) => cut.commitmentId === chosen.id && cut.endsOn > today);
  const moved = transfer({ ...chosen, hasCutsAhead }, { tenantId: 'a brand', units }, today);
  if ('refused' in moved) return moved.refused;
  chosen.endsOn = moved.on;
  chosen.state = 'ended';
  model.add(moved.moved);
  if (moved.rest) model.add(moved.rest);
  return 'done';
}

function soldUnits({ commitments, cuts, today }: Model): SoldUnits[] {
  return commitments
    .filter(({ state, endsOn }) => state !== 'cancelled' && endsOn > today)
    .map((one) => ({ ...one, cuts: cuts.filter(({ commitmentId }) => commitmentId === one.id) }));
}

/** What a refusal says is so: the first day that fails, the most that fits, the first day that would do. */
function proveRefusal(
  model: Model,
  order: Parameters<typeof place>[0],
  refusal: { firstFailingDay: Day; largestUnitsThatFit: number; earliestStartThatFits: Day | null },
): void {
  const { units, startsOn, length } = order;
  const free = (day: Day) => model.capacityOn(day) - model.soldOn(day);
  const endOf = (start: Day) => ('months' in length ? addMonths(start, length.months) : length.endsOn);
  const changes = model.days();
  const daysFrom = (start: Day) => [start, ...changes.filter((day) => day > start && day < endOf(start))];
  expect(free(refusal.firstFailingDay)).toBeLessThan(units);
  for (const day of daysFrom(startsOn)) if (day < refusal.firstFailingDay) expect(free(day)).toBeGreaterThanOrEqual(units);
  const least = Math.min(...daysFrom(startsOn).map(free));
  expect(refusal.largestUnitsThatFit).toBe(least < 8 ? 0 : least);
  // An earlier start that fits could be moved back to a day on which something changes, or to the day asked for.
  const starts = [startsOn, ...changes.filter((day) => day > startsOn && day <= model.today + 3 * 366)].sort((a, b) => a - b);
  const fitting = starts.find((start) => endOf(start) > start && daysFrom(start).every((day) => free(day) >= units)) ?? null;
  expect(refusal.earliestStartThatFits).toBe(fitting);
}
