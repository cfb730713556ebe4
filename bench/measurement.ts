/** One line of a benchmark's result, as `--json` prints it. */
export interface Measurement {
  bench: string;
  metric: string;
  value: number;
  unit: string;
  /** What ours is compared with, in the same unit and interleaved with it; null where there is nothing to compare with. */
  baseline: number | null;
  /** Median over the rounds of value ÷ baseline. */
  ratio: number | null;
  /** (largest − smallest) ÷ median of the rounds' values. */
  spread: number;
}

/** What one round saw of a metric. */
export interface Sample {
  ours: number;
  baseline: number | null;
}

/** Folds the rounds of one metric: medians, so that one disturbed round does not count. */
export function measurementOf(bench: string, metric: string, unit: string, rounds: readonly Sample[]): Measurement {
  const values = rounds.map(({ ours }) => ours);
  const baselines = rounds.flatMap(({ baseline }) => (baseline === null ? [] : [baseline]));
  const ratios = rounds.flatMap(({ ours, baseline }) => (baseline === null ? [] : [ours / baseline]));
  const value = median(values);
  return {
    bench,
    metric,
    value: rounded(value),
    unit,
    baseline: baselines.length > 0 ? rounded(median(baselines)) : null,
    ratio: ratios.length > 0 ? rounded(median(ratios)) : null,
    spread: rounded((Math.max(...values) - Math.min(...values)) / value),
  };
}

/** @param share 0.99 for the 99th percentile */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
