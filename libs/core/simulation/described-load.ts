import { between, seededRandom } from '#core/generations/seeded-random';
import { firstSubmitted, type SimulatedJob } from '#core/simulation/simulated-job';

/** One kind of work in a mix. */
export interface MixPart {
  model: string;
  outputKey: string;
  lanes: number;
  runMs: number;
  /** Relative to the other parts'. */
  share: number;
}

export interface DescribedLoad {
  mix: readonly MixPart[];
  /** How many arrive in each hour of the profile, one after the other. */
  arrivalsPerHour: readonly number[];
}

const MS_PER_HOUR = 3_600_000;

/**
 * Arrivals at random moments of each hour, as many as described. Of a load with more jobs than may be simulated the busiest stretch is kept: units that
 * serve it serve the rest.
 */
export function describedJobs(
  { mix, arrivalsPerHour }: DescribedLoad,
  { seed, maxJobs }: { seed: number; maxJobs: number },
): SimulatedJob[] {
  const random = seededRandom(seed);
  const whole = mix.reduce((sum, { share }) => sum + share, 0);
  const [from, to] = busiestStretch(arrivalsPerHour, maxJobs);
  const jobs: SimulatedJob[] = [];
  for (let hour = from; hour < to; hour += 1) {
    const arrivals = Math.round(arrivalsPerHour[hour] ?? 0);
    // One hour alone may be too much: it keeps its density and loses its end.
    const kept = Math.min(arrivals, maxJobs - jobs.length);
    for (let at = 0; at < kept; at += 1) {
      const { model, outputKey, lanes, runMs } = partAt(mix, between(random, 0, whole));
      const submittedAt = (hour - from + (random() * kept) / arrivals) * MS_PER_HOUR;
      jobs.push({ tenantId: 'you', model, outputKey, lanes, runMs, submittedAt });
    }
  }
  return jobs.sort(firstSubmitted);
}

/** Whole hours around the busiest one, as many as fit; the busier neighbour first. */
function busiestStretch(arrivalsPerHour: readonly number[], maxJobs: number): [number, number] {
  let from = arrivalsPerHour.indexOf(Math.max(...arrivalsPerHour));
  let to = from + 1;
  let jobs = arrivalsPerHour[from] ?? 0;
  for (;;) {
    const before = arrivalsPerHour[from - 1];
    const after = arrivalsPerHour[to];
    const isBefore = before !== undefined && (after === undefined || before > after);
    const next = isBefore ? before : after;
    if (next === undefined || jobs + next > maxJobs) return [from, to];
    jobs += next;
    if (isBefore) from -= 1;
    else to += 1;
  }
}

function partAt(mix: readonly MixPart[], place: number): MixPart {
  let left = place;
  for (const part of mix) {
    left -= part.share;
    if (left < 0) return part;
  }
  return mix.at(-1) as MixPart;
}
