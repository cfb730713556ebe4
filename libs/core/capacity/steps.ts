import { type Day, type DayRange, NEVER } from '#core/capacity/days';

/** From `day` on the value is this, until the next step. */
export interface Step {
  day: Day;
  value: number;
}

/**
 * A number for every day, as the days on which it changes: in order, each value other than the one before; 0 before the first.
 * As long as what was ordered, however long the time.
 */
export type Steps = readonly Step[];

/** How the number changes on a day. */
export interface Change {
  day: Day;
  delta: number;
}

export function stepsOf(changes: readonly Change[]): Steps {
  const steps: Step[] = [];
  let value = 0;
  for (const { day, delta } of changes.toSorted((a, b) => a.day - b.day)) {
    if (delta === 0 || day === NEVER) continue;
    value += delta;
    const last = steps.at(-1);
    if (last?.day === day) last.value = value;
    else steps.push({ day, value });
  }
  return withoutRepeats(steps);
}

/** The steps of a number that changes on some of these days only. */
export function stepsFrom(days: readonly Day[], valueOnDay: (day: Day) => number): Steps {
  const steps = [...new Set(days)].sort((a, b) => a - b).map((day) => ({ day, value: valueOnDay(day) }));
  return withoutRepeats(steps);
}

/** @param sign −1 for what takes away */
export function changesOf({ startsOn, endsOn }: DayRange, units: number, sign: 1 | -1 = 1): Change[] {
  if (endsOn <= startsOn) return [];
  return [
    { day: startsOn, delta: sign * units },
    { day: endsOn, delta: -sign * units },
  ];
}

export function changesOfSteps(steps: Steps, sign: 1 | -1 = 1): Change[] {
  return steps.map(({ day, value }, at) => ({ day, delta: sign * (value - (steps[at - 1]?.value ?? 0)) }));
}

export function minus(one: Steps, other: Steps): Steps {
  return stepsOf([...changesOfSteps(one), ...changesOfSteps(other, -1)]);
}

export function valueOn(steps: Steps, day: Day): number {
  return steps[lastAtOrBefore(steps, day)]?.value ?? 0;
}

/** The stretches of equal value within a range, from its first day to its last. */
export function* stretches(steps: Steps, { startsOn, endsOn }: DayRange): Generator<DayRange & { value: number }> {
  let at = lastAtOrBefore(steps, startsOn);
  for (let day = startsOn; day < endsOn; at += 1) {
    const next = Math.min(steps[at + 1]?.day ?? NEVER, endsOn);
    yield { startsOn: day, endsOn: next, value: steps[at]?.value ?? 0 };
    day = next;
  }
}

/** The least value on any day of a range that has days. */
export function leastIn(steps: Steps, range: DayRange): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { value } of stretches(steps, range)) least = Math.min(least, value);
  return least;
}

/** The first day of a range on which the value is below this. */
export function firstBelow(steps: Steps, value: number, range: DayRange): Day | null {
  for (const stretch of stretches(steps, range)) if (stretch.value < value) return stretch.startsOn;
  return null;
}

/** The first day, this or later, on which the value is at least this. */
export function firstAtLeast(steps: Steps, value: number, from: Day): Day | null {
  for (const stretch of stretches(steps, { startsOn: from, endsOn: NEVER })) if (stretch.value >= value) return stretch.startsOn;
  return null;
}

/** −1 when every step is later. */
function lastAtOrBefore(steps: Steps, day: Day): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] as Step).day <= day) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function withoutRepeats(steps: Steps): Steps {
  return steps.filter((step, at) => step.value !== (steps[at - 1]?.value ?? 0));
}
