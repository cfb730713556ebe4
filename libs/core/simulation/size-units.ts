import { quantile, waitMs } from '#core/simulation/measure';
import { simulatePlanner } from '#core/simulation/simulate-planner';
import type { JobHistory, Simulated, SimulatedJob } from '#core/simulation/simulated-job';
import { replaySettings } from '#core/simulation/what-if';

/** What a number of units does for a load. Waits in milliseconds. */
export interface UnitsPoint {
  units: number;
  /** While nobody lends a lane: what is guaranteed. */
  waitP50Ms: number;
  waitP95Ms: number;
  waitP99Ms: number;
  /** Part of the units' time in which they are used, between 0 and 1. */
  usedPart: number;
  /** Part of the lane time that would run on other lanes if there always were one to borrow: what spillover would charge at most. */
  spilloverPart: number;
}

export interface SizedUnits {
  /** The fewest units whose P99 is no longer than asked for. Null when none that may be tried is enough. */
  neededUnits: number | null;
  /** In order of their units: what was tried to find the answer, and some beside it for the look of the curve. */
  points: UnitsPoint[];
  /** Mean lanes that the load keeps busy, and the most it would at once. */
  meanLanes: number;
  peakLanes: number;
}

export interface SizingQuestion {
  jobs: readonly SimulatedJob[];
  waitP99Ms: number;
  minUnits: number;
  maxUnits: number;
}

/** Points beside those of the search. */
const CURVE_POINTS = 5;

/** Finds by halving how many units keep a load's P99 wait within what was asked, each try a run of the real planner. Waits shrink with units. */
export function sizeUnits({ jobs, waitP99Ms, minUnits, maxUnits }: SizingQuestion): SizedUnits {
  const sizing = new Sizing(jobs);
  const gang = jobs.reduce((most, { lanes }) => Math.max(most, lanes), 1);
  const least = Math.max(minUnits, gang);
  // With as many units as the load ever fills nothing waits: more need not be tried.
  const most = Math.min(maxUnits, Math.max(least, sizing.peakLanes));
  if (least > most) return { neededUnits: null, points: [], meanLanes: sizing.meanLanes, peakLanes: sizing.peakLanes };
  const isEnough = (units: number) => sizing.point(units).waitP99Ms <= waitP99Ms;
  let enough = isEnough(most) ? most : null;
  for (let low = least; enough !== null && low < enough; ) {
    const middle = Math.floor((low + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else low = middle + 1;
  }
  const around = enough ?? most;
  for (let at = 0; at < CURVE_POINTS; at += 1) {
    const units = Math.round((around * (at + 2)) / 4); // half as many … almost twice as many
    if (units >= least && units <= most) sizing.point(units);
  }
  return { neededUnits: enough, points: sizing.points(), meanLanes: sizing.meanLanes, peakLanes: sizing.peakLanes };
}

class Sizing {
  readonly meanLanes: number;
  readonly peakLanes: number;
  private readonly laneMs: number;
  private readonly byUnits = new Map<number, UnitsPoint>();

  constructor(private readonly jobs: readonly SimulatedJob[]) {
    this.laneMs = jobs.reduce((sum, { runMs, lanes }) => sum + runMs * lanes, 0);
    const spanMs = (jobs.at(-1)?.submittedAt ?? 0) - (jobs[0]?.submittedAt ?? 0);
    this.meanLanes = spanMs > 0 ? this.laneMs / spanMs : 0;
    this.peakLanes = peakOf(jobs);
  }

  point(units: number): UnitsPoint {
    const known = this.byUnits.get(units);
    if (known) return known;
    const alone = this.run(units, 0);
    const lent = this.run(units, this.peakLanes);
    const waits = alone.histories.map(waitMs).sort((one, other) => one - other);
    const point: UnitsPoint = {
      units,
      waitP50Ms: quantile(waits, 0.5),
      waitP95Ms: quantile(waits, 0.95),
      waitP99Ms: quantile(waits, 0.99),
      usedPart: this.laneMs / (units * spanOf(alone.histories)),
      spilloverPart: lent.borrowedLaneMs / this.laneMs,
    };
    this.byUnits.set(units, point);
    return point;
  }

  points(): UnitsPoint[] {
    return [...this.byUnits.values()].sort((one, other) => one.units - other.units);
  }

  /** One tenant with its units, beside lanes of nobody. */
  private run(units: number, otherLanes: number): Simulated {
    const tenantId = this.jobs[0]?.tenantId as string;
    const fleet = [{ nodeId: 'units', siteId: 'site', lanes: units + otherLanes }];
    const settings = replaySettings({ fleet, units: new Map([[tenantId, units]]), weights: new Map() });
    return simulatePlanner(this.jobs, { ...settings, residency: false, forecasts: false, stopwatch: () => 0 });
  }
}

/** Lanes that would be busy at once if nothing ever waited. */
function peakOf(jobs: readonly SimulatedJob[]): number {
  const moments = jobs
    .flatMap(({ submittedAt, runMs, lanes }) => [
      { at: submittedAt, lanes },
      { at: submittedAt + runMs, lanes: -lanes },
    ])
    .sort((one, other) => one.at - other.at || one.lanes - other.lanes);
  let busy = 0;
  let peak = 0;
  for (const { lanes } of moments) {
    busy += lanes;
    peak = Math.max(peak, busy);
  }
  return peak;
}

function spanOf(histories: readonly JobHistory[]): number {
  const first = histories[0]?.job.submittedAt ?? 0;
  return histories.reduce((last, { attempts }) => Math.max(last, attempts.at(-1)?.endedAt ?? 0), first + 1) - first;
}
