import type { GetLaneUseResponse } from '#sdk/types.gen';

/** From below, in the order of the stacked areas. */
export const STACKED = ['own', 'lent', 'shared', 'flex', 'idle'] as const;
export type UseKind = (typeof STACKED)[number];
export type UseCounts = Record<UseKind, number>;

/** Moments in seconds since 1970, ascending, and the lanes of each kind; null where nobody looked. */
export interface UsePoints {
  times: number[];
  columns: Record<UseKind, (number | null)[]>;
}

/** What was kept, up to its last point, and what was seen since. */
export function pointsOf(kept: GetLaneUseResponse | undefined, seen: readonly { atS: number; counts: UseCounts }[]): UsePoints {
  const times: number[] = [];
  const columns = Object.fromEntries(STACKED.map((kind) => [kind, [] as (number | null)[]])) as UsePoints['columns'];
  const last = kept ? kept.own.findLastIndex((value) => value !== null) : -1;
  const startS = kept ? Date.parse(kept.from) / 1_000 : 0;
  // Without anything kept the axis still begins where the range does.
  if (kept && last < 0) {
    times.push(startS);
    for (const kind of STACKED) columns[kind].push(null);
  }
  for (let at = 0; kept && at <= last; at += 1) {
    times.push(startS + at * kept.stepS);
    for (const kind of STACKED) columns[kind].push(kept[kind][at] ?? null);
  }
  const fromS = times.at(-1) ?? 0;
  for (const { atS, counts } of seen) {
    if (atS <= fromS || atS <= (times.at(-1) ?? 0)) continue;
    times.push(atS);
    for (const kind of STACKED) columns[kind].push(counts[kind]);
  }
  return { times, columns };
}

/** Sums from below: each layer with those under it. */
export function stackedSums({ times, columns }: UsePoints): Record<UseKind, (number | null)[]> {
  const sums = new Array<number>(times.length).fill(0);
  return Object.fromEntries(
    STACKED.map((kind) => [
      kind,
      columns[kind].map((value, at) => {
        if (value === null) return null;
        sums[at] = (sums[at] ?? 0) + value;
        return sums[at] ?? 0;
      }),
    ]),
  ) as Record<UseKind, (number | null)[]>;
}
