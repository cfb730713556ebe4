import { FIRST_MEAN_RUN_MS, MAX_ESTIMATES, RUNS_PER_MEAN, RUNS_PER_POOL_MEAN } from '#core/scheduling/limits';

interface RunKind {
  model: string;
  outputKey: string;
  burnLaneMs: number;
  gangLanes: number;
}

/** How long runs take: a running mean per model and output, which starts at the rate card's burn. */
export class RunEstimates {
  /** Mean lane time of a run of any kind. */
  meanRunLaneMs = FIRST_MEAN_RUN_MS;
  private runs = 0;
  private readonly means = new Map<string, { meanMs: number; runs: number }>();

  /** Expected run time on its lanes. */
  estimateMs(kind: RunKind): number {
    return this.means.get(keyOf(kind))?.meanMs ?? seedMs(kind);
  }

  /** @param ranMs a whole run's time on its lanes; part of a run would teach a wrong mean */
  learn(kind: RunKind, ranMs: number): void {
    this.runs = Math.min(this.runs + 1, RUNS_PER_POOL_MEAN);
    this.meanRunLaneMs += (Math.max(1, ranMs * kind.gangLanes) - this.meanRunLaneMs) / this.runs;
    const key = keyOf(kind);
    const known = this.means.get(key) ?? { meanMs: seedMs(kind), runs: 1 };
    const runs = Math.min(known.runs + 1, RUNS_PER_MEAN);
    this.means.delete(key); // set anew below, so that the map's first key is the one unused for longest
    this.means.set(key, { meanMs: known.meanMs + (ranMs - known.meanMs) / runs, runs });
    if (this.means.size > MAX_ESTIMATES) this.means.delete(this.means.keys().next().value as string);
  }
}

function seedMs({ burnLaneMs, gangLanes }: RunKind): number {
  return burnLaneMs / gangLanes;
}

function keyOf({ model, outputKey }: RunKind): string {
  return `${model} ${outputKey}`;
}
