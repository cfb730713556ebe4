/** Upper ends of the rows of a heatmap, in seconds; the last row has none. */
const ROW_BOUNDS_S = [1, 3, 10, 30, 60, 180, 600, 1_800, 3_600, 10_800] as const;

export interface WaitGrid {
  /** From the shortest waits up. */
  rows: { fromS: number; toS: number | null; counts: number[] }[];
  most: number;
}

/** Folds the fine buckets of each step into the rows that a person reads. */
export function waitGrid(boundsS: readonly number[], steps: readonly (readonly number[])[]): WaitGrid {
  const rows = [...ROW_BOUNDS_S, null].map((toS, at) => {
    const fromS = ROW_BOUNDS_S[at - 1] ?? 0;
    const isInRow = (bucket: number) => {
      const endS = boundsS[bucket] ?? Number.POSITIVE_INFINITY;
      return endS > fromS && (toS === null || endS <= toS);
    };
    const counts = steps.map((buckets) => buckets.reduce((sum, count, bucket) => (isInRow(bucket) ? sum + count : sum), 0));
    return { fromS, toS, counts };
  });
  return { rows, most: Math.max(0, ...rows.flatMap(({ counts }) => counts)) };
}
