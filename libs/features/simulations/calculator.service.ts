import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MIN_UNITS } from '#core/capacity/limits';
import { type TermMonths, UNIT_MONTH_CENTS } from '#core/capacity/prices';
import { MODELS, modelNameOf } from '#core/catalog/models';
import { listPriceMicro, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import { creditsOfUsdCents } from '#core/ledger/credits';
import { describedJobs, type MixPart } from '#core/simulation/described-load';
import type { SimulatedJob } from '#core/simulation/simulated-job';
import type { UnitsPoint } from '#core/simulation/size-units';
import { MAX_SIZED_JOBS, MAX_SIZED_ROWS, MAX_SIZED_UNITS } from '#features/simulations/limits';
import { PlannerProcess, SimulationEnded, TooManySimulations } from '#features/simulations/planner-process';
import { TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

/** One kind of work, in the catalogue's words. */
export interface MixWish {
  model: string;
  aspectRatio?: string;
  resolution?: string;
  duration?: string;
  share: number;
}

export type LoadWish =
  | { kind: 'described'; mix: readonly MixWish[]; arrivalsPerHour: readonly number[] }
  | { kind: 'last_30_days'; poolClass: string };

export interface UnitsAnswer {
  poolClass: string;
  neededUnits: number | null;
  /** What can be ordered: no fewer than the least order. */
  orderUnits: number | null;
  meanLanes: number;
  peakLanes: number;
  simulatedJobs: number;
  /** Whether all of the load was simulated, or its busiest or latest part. */
  isWhole: boolean;
  points: (UnitsPoint & { unitsMonthMicro: bigint; spilloverMonthMicro: bigint })[];
}

/** A load to size, with what its work costs in a month at list prices. */
interface PricedLoad {
  poolClass: string;
  jobs: SimulatedJob[];
  monthMicro: bigint;
  isWhole: boolean;
}

const HOURS_PER_MONTH = 730n;
const HISTORY_DAYS = 30;
const MS_PER_DAY = 86_400_000;
/** The same description gets the same answer. */
const SEED = 20_260_101;
const MILLION = 1_000_000;

/** How many units a load needs for a wait, found by running the planner. */
@Injectable()
export class CalculatorService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
    private readonly planner: PlannerProcess,
  ) {}

  async unitsFor(
    caller: Caller,
    tenant: string | undefined,
    { load, waitP99Ms, months }: { load: LoadWish; waitP99Ms: number; months: TermMonths },
  ): Promise<UnitsAnswer | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    const priced = load.kind === 'described' ? describedLoad(load) : await this.lastMonth(reached.tenantId, load.poolClass);
    if ('refused' in priced) return priced;
    const { jobs, poolClass, monthMicro, isWhole } = priced;
    try {
      const { neededUnits, points, meanLanes, peakLanes } = await this.planner.size({
        jobs,
        waitP99Ms,
        minUnits: 1,
        maxUnits: MAX_SIZED_UNITS,
      });
      const unitMonthMicro = creditsOfUsdCents(String(UNIT_MONTH_CENTS[months]));
      return {
        poolClass,
        neededUnits,
        orderUnits: neededUnits === null ? null : Math.max(neededUnits, MIN_UNITS),
        meanLanes,
        peakLanes,
        simulatedJobs: jobs.length,
        isWhole,
        points: points.map((point) => ({
          ...point,
          unitsMonthMicro: unitMonthMicro * BigInt(point.units),
          spilloverMonthMicro: (monthMicro * BigInt(Math.round(point.spilloverPart * MILLION))) / BigInt(MILLION),
        })),
      };
    } catch (error) {
      if (error instanceof TooManySimulations)
        return { refused: 'unavailable', detail: 'Others are being calculated: try again in a moment' };
      if (error instanceof SimulationEnded)
        return { refused: 'not_possible', detail: 'This load takes too long to simulate: describe a smaller one' };
      throw error;
    }
  }

  /** What was asked for in the last month and ran to its end, newest first up to a number of rows. */
  private async lastMonth(tenantId: string, poolClass: string): Promise<PricedLoad | NamedRefusal> {
    const rows = await this.db.transaction('load of a month', [tenantId], (tx) => tx.query<HistoryRow>(LAST_MONTH, [tenantId, poolClass]));
    const whole = (rows[0]?.rows_read ?? 0) < MAX_SIZED_ROWS && rows.length <= MAX_SIZED_JOBS;
    const newest = rows.slice(0, MAX_SIZED_JOBS).reverse();
    const first = newest[0];
    const last = newest.at(-1);
    if (!first || !last)
      return { refused: 'not_possible', detail: `Nothing ran on ${poolClass} in the last ${HISTORY_DAYS} days: describe a load instead` };
    const jobs = newest.map((row): SimulatedJob => {
      const { model, output_key, gang_lanes, submitted_ms, ran_ms } = row;
      return {
        tenantId: 'you',
        model,
        outputKey: output_key,
        lanes: gang_lanes,
        submittedAt: submitted_ms - first.submitted_ms,
        runMs: ran_ms,
      };
    });
    const spentMicro = newest.reduce((sum, row) => sum + priceOf(row), 0n);
    // Were the whole month as this part of it.
    const coveredMs = whole ? HISTORY_DAYS * MS_PER_DAY : Math.max(1, last.submitted_ms - first.submitted_ms);
    const monthMicro = (spentMicro * BigInt(HISTORY_DAYS * MS_PER_DAY)) / BigInt(Math.round(coveredMs));
    return { poolClass, jobs, monthMicro, isWhole: whole };
  }
}

function describedLoad({ mix, arrivalsPerHour }: Extract<LoadWish, { kind: 'described' }>): PricedLoad | NamedRefusal {
  const parts: MixPart[] = [];
  const poolClasses = new Set<string>();
  let priceShares = 0;
  for (const { share, ...wish } of mix) {
    const kind = MODELS[modelNameOf(wish.model)]?.kind ?? 'video';
    const quoted = quote({ kind, ...wish }, CURRENT_RATE_CARD);
    if ('refused' in quoted) return { refused: 'not_offered', detail: quoted.message };
    poolClasses.add(quoted.poolClass);
    priceShares += Number(quoted.priceMicro) * share;
    const { model, outputKey, gangLanes, burnLaneMs } = quoted;
    parts.push({ model, outputKey, lanes: gangLanes, runMs: burnLaneMs / gangLanes, share });
  }
  const [poolClass, another] = poolClasses;
  if (poolClass === undefined || another !== undefined) {
    return { refused: 'not_possible', detail: 'Units are of one pool class: describe the work of each on its own' };
  }
  const arrivals = arrivalsPerHour.reduce((sum, each) => sum + Math.round(each), 0);
  if (arrivals === 0) return { refused: 'not_possible', detail: 'Nothing arrives: name at least one arrival' };
  const jobs = describedJobs({ mix: parts, arrivalsPerHour }, { seed: SEED, maxJobs: MAX_SIZED_JOBS });
  const meanMicro = priceShares / mix.reduce((sum, { share }) => sum + share, 0);
  const profileMicro = BigInt(Math.round(meanMicro * arrivals));
  return {
    poolClass,
    jobs,
    monthMicro: (profileMicro * HOURS_PER_MONTH) / BigInt(arrivalsPerHour.length),
    isWhole: jobs.length === arrivals,
  };
}

/** What it costs as shared work. One whose rate is no longer on the card counts as it was paid. */
function priceOf({ model, output_key, burn_lane_ms, price_micro }: HistoryRow): bigint {
  return listPriceMicro({ model, outputKey: output_key, burnLaneMs: burn_lane_ms }, CURRENT_RATE_CARD) ?? BigInt(price_micro);
}

interface HistoryRow {
  model: string;
  output_key: string;
  gang_lanes: number;
  burn_lane_ms: number;
  price_micro: string;
  submitted_ms: number;
  ran_ms: number;
  rows_read: number;
}

const LAST_MONTH = `
  WITH newest AS MATERIALIZED (
    SELECT id, fence, state, pool_class, model, output_key, gang_lanes, burn_lane_ms, price_micro, created_at
      FROM generations
     WHERE tenant_id = $1 AND deleted_at IS NULL AND created_at >= now() - interval '${HISTORY_DAYS} days'
     ORDER BY created_at DESC, id DESC LIMIT ${MAX_SIZED_ROWS}
  )
  SELECT n.model, n.output_key, n.gang_lanes, n.burn_lane_ms, n.price_micro, (SELECT count(*)::int FROM newest) AS rows_read,
         (extract(epoch FROM n.created_at) * 1000)::float8 AS submitted_ms,
         greatest(1, extract(epoch FROM l.ended_at - coalesce(l.began_at, l.admitted_at)) * 1000)::float8 AS ran_ms
    FROM newest n JOIN leases l ON l.tenant_id = $1 AND l.generation_id = n.id AND l.fence = n.fence
   WHERE n.pool_class = $2 AND n.state = 'completed' AND l.end_reason = 'settled'
   ORDER BY n.created_at DESC, n.id DESC LIMIT ${MAX_SIZED_JOBS + 1}`;
