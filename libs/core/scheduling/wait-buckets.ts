/** Upper ends of the buckets that waits are counted in, in seconds: close enough for percentiles within a fifth. The last bucket has none. */
export const WAIT_BOUNDS_S: readonly number[] = [
  0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 450, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400,
  7_200, 10_800, 14_400, 21_600, 43_200, 86_400,
];
export const WAIT_BUCKETS = WAIT_BOUNDS_S.length + 1;

export function waitBucketOf(waitMs: number): number {
  const at = WAIT_BOUNDS_S.findIndex((boundS) => waitMs <= boundS * 1_000);
  return at === -1 ? WAIT_BUCKETS - 1 : at;
}

/** Adds the counts of one to another, in place. */
export function addBuckets(sum: number[], buckets: readonly number[]): void {
  for (const [at, count] of buckets.entries()) sum[at] = (sum[at] ?? 0) + count;
}

/** The wait in seconds that so many percent stay below, as if the waits of a bucket were spread evenly over it; null without waits. */
export function waitPercentile(buckets: readonly number[], pct: number): number | null {
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let left = (all * pct) / 100;
  for (const [at, count] of buckets.entries()) {
    if (count > 0 && left <= count) {
      const fromS = WAIT_BOUNDS_S[at - 1] ?? 0;
      const toS = WAIT_BOUNDS_S[at] ?? fromS;
      return fromS + ((toS - fromS) * left) / count;
    }
    left -= count;
  }
  return WAIT_BOUNDS_S.at(-1) ?? null;
}
