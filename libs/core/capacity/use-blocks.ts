import type { LaneCounts } from '#core/scheduling/lane-use';

/** A series of one resolution: so many points are written together, each a mean over a step, and kept for so long. */
export interface UseSeries {
  stepS: number;
  points: number;
  keptS: number;
}

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** The finest first. Each is the mean of the one before. */
export const USE_SERIES: readonly UseSeries[] = [
  { stepS: 1, points: 10, keptS: HOUR_S },
  { stepS: 10, points: 6, keptS: DAY_S },
  { stepS: 60, points: 10, keptS: 14 * DAY_S },
  { stepS: HOUR_S, points: 1, keptS: 400 * DAY_S },
];

export const LANE_KINDS = ['own', 'lent', 'shared', 'flex', 'idle'] as const satisfies readonly (keyof LaneCounts)[];

/** Points of one owner of a series, column by column. */
export type UseColumns = Record<keyof LaneCounts, number[]>;

export interface UseBlock {
  /** Null for the whole pool class. */
  tenantId: string | null;
  stepS: number;
  startsAtMs: number;
  columns: UseColumns;
}

/** One look: who uses what at this moment; the pool class itself under null. */
export type UseLook = ReadonlyMap<string | null, LaneCounts>;

interface OpenSeries extends UseSeries {
  startsAtMs: number | undefined;
  /** Step of the block → sums and number of looks. */
  steps: Map<number, { looks: number; sums: Map<string | null, LaneCounts> }>;
}

/** Gathers looks into blocks of points. Nothing is read back: each series is summed from the looks themselves, in as many steps as a block has. */
export class UseRecorder {
  private readonly series: OpenSeries[] = USE_SERIES.map((one) => ({ ...one, startsAtMs: undefined, steps: new Map() }));

  /** @returns blocks that are complete with the time that has come */
  note(nowMs: number, look: UseLook): UseBlock[] {
    return this.series.flatMap((series) => {
      const blockMs = series.stepS * series.points * 1_000;
      const startsAtMs = Math.floor(nowMs / blockMs) * blockMs;
      const complete = series.startsAtMs !== undefined && series.startsAtMs !== startsAtMs ? blocksOf(series) : [];
      if (series.startsAtMs !== startsAtMs) Object.assign(series, { startsAtMs, steps: new Map() });
      addLook(series, Math.floor((nowMs - startsAtMs) / (series.stepS * 1_000)), look);
      return complete;
    });
  }
}

function addLook({ steps }: OpenSeries, step: number, look: UseLook): void {
  const open = steps.get(step) ?? { looks: 0, sums: new Map<string | null, LaneCounts>() };
  steps.set(step, open);
  open.looks += 1;
  for (const [tenantId, counts] of look) {
    const sum = open.sums.get(tenantId);
    if (!sum) open.sums.set(tenantId, { ...counts });
    else for (const kind of LANE_KINDS) sum[kind] += counts[kind];
  }
}

/** Who was not looked at in a step had nothing then; a step without a look repeats nothing: it is NaN. */
function blocksOf({ stepS, points, startsAtMs = 0, steps }: OpenSeries): UseBlock[] {
  const owners = new Set([...steps.values()].flatMap(({ sums }) => [...sums.keys()]));
  return [...owners].map((tenantId) => {
    const column = (kind: keyof LaneCounts) =>
      Array.from({ length: points }, (_, step) => {
        const open = steps.get(step);
        return open ? (open.sums.get(tenantId)?.[kind] ?? 0) / open.looks : Number.NaN;
      });
    const columns = Object.fromEntries(LANE_KINDS.map((kind) => [kind, column(kind)])) as UseColumns;
    return { tenantId, stepS, startsAtMs, columns };
  });
}
