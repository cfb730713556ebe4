import { isGuaranteedTier } from '#core/scheduling/service-tier';
import { entitledWaitsMs } from '#core/simulation/entitled-starts';
import { simulateFifo } from '#core/simulation/simulate-fifo';
import {
  type Attempt,
  FORECAST_FROM_MS,
  type JobHistory,
  type Simulated,
  type SimulatedJob,
  startOf,
} from '#core/simulation/simulated-job';

export interface Figures {
  ded_le_1s_pct: number;
  entitled_le_1s_pct: number;
  lag_max_s: number;
  work_conserving_pct: number;
  recalls: number;
  lost_pct: number;
  light_wait_p99_s: number;
  wait_p50_s: number;
  wait_p99_s: number;
  jain: number;
  model_miss_pct: number;
  decisions_per_s: number;
  unserved: number;
  /** Of waits forecast longer than 5 s: started by P50, by P90, and the median error beside that of place × mean run ÷ lanes. */
  eta_p50_coverage_pct: number;
  eta_p90_coverage_pct: number;
  eta_error_ratio: number;
}

const LIGHT_JOBS = 5;
/** A provisioned start that comes later than this is late. */
export const AT_ONCE_MS = 1_000;

/** What a simulated run kept and cost. A recalled job counts by its last start: the ones before came to nothing. */
export function measure(run: Simulated, units: ReadonlyMap<string, number>): Figures {
  const { histories, lanes } = run;
  const byTenant = Map.groupBy(histories, ({ job }) => job.tenantId);
  const provisioned = [...units].map(([tenantId, ofTenant]) => ({
    units: ofTenant,
    histories: (byTenant.get(tenantId) ?? []).filter(({ job }) => isGuaranteed(job, ofTenant)),
  }));
  const lags = provisioned.flatMap(({ units: ofTenant, histories: all }) => lagsMs(all, ofTenant));
  const entitled = provisioned.flatMap(({ units: ofTenant, histories: all }) => entitledWaitsMs(all, ofTenant));
  const light = [...byTenant].flatMap(([, all]) => (all.length <= LIGHT_JOBS ? all : []));
  const busyLaneMs = sum(
    histories.flatMap(({ job, attempts }) => attempts.map(({ startedAt, endedAt }) => (endedAt - startedAt) * job.lanes)),
  );
  return {
    ded_le_1s_pct: percent(lags.filter((lag) => lag <= AT_ONCE_MS).length, lags.length),
    entitled_le_1s_pct: percent(entitled.filter((wait) => wait <= AT_ONCE_MS).length, entitled.length),
    lag_max_s: lags.reduce((most, lag) => Math.max(most, lag), 0) / 1_000,
    work_conserving_pct: percent(busyLaneMs - run.lostLaneMs, usableLaneMs(histories, lanes)),
    recalls: run.recalls,
    lost_pct: percent(run.lostLaneMs, busyLaneMs),
    light_wait_p99_s: quantile(light.map(waitMs), 0.99) / 1_000,
    wait_p50_s: quantile(histories.map(waitMs), 0.5) / 1_000,
    wait_p99_s: quantile(histories.map(waitMs), 0.99) / 1_000,
    jain: jain([...byTenant].flatMap(([tenantId, all]) => (units.has(tenantId) ? [] : [meanOf(all.map(servedPart))]))),
    model_miss_pct: percent(run.modelMisses, run.starts),
    unserved: run.unserved,
    decisions_per_s: run.decidingMs > 0 ? (run.decisions / run.decidingMs) * 1_000 : 0,
    ...forecastFigures(histories),
  };
}

/** Work that its tenant's units promise to run at once: a gang larger than all of them is promised nothing. */
function isGuaranteed({ tier, lanes }: SimulatedJob, units: number): boolean {
  return lanes <= units && (tier === undefined || isGuaranteedTier(tier));
}

function forecastFigures(
  histories: readonly JobHistory[],
): Pick<Figures, 'eta_p50_coverage_pct' | 'eta_p90_coverage_pct' | 'eta_error_ratio'> {
  const told = histories.flatMap(({ job, attempts, forecast }) => {
    if (!forecast || forecast.p50Ms <= FORECAST_FROM_MS) return [];
    return [{ ...forecast, waitedMs: (attempts[0] as Attempt).startedAt - job.submittedAt }];
  });
  const error = quantile(
    told.map(({ p50Ms, waitedMs }) => Math.abs(p50Ms - waitedMs)),
    0.5,
  );
  const plainError = quantile(
    told.map(({ plainMs, waitedMs }) => Math.abs(plainMs - waitedMs)),
    0.5,
  );
  return {
    eta_p50_coverage_pct: percent(told.filter(({ p50Ms, waitedMs }) => waitedMs <= p50Ms).length, told.length),
    eta_p90_coverage_pct: percent(told.filter(({ p90Ms, waitedMs }) => waitedMs <= p90Ms).length, told.length),
    eta_error_ratio: plainError === 0 ? 0 : error / plainError,
  };
}

/** How much later each job started than on the tenant's own private partition. Negative when lent lanes were quicker. */
export function lagsMs(histories: readonly JobHistory[], units: number): number[] {
  const alone = simulateFifo(
    histories.map(({ job }) => job),
    units,
  );
  return histories.map((history, at) => startOf(history) - startOf(alone[at] as JobHistory));
}

/** ∫ min(lanes, running + waiting) dt: lane time that a policy which never idles a lane beside waiting work could have used. */
function usableLaneMs(histories: readonly JobHistory[], lanes: number): number {
  const moments = histories
    .flatMap(({ job, attempts }) => [
      { at: job.submittedAt, lanes: job.lanes },
      { at: attempts.at(-1)?.endedAt ?? job.submittedAt, lanes: -job.lanes },
    ])
    .sort((one, other) => one.at - other.at);
  let usable = 0;
  let wanted = 0;
  let before = 0;
  for (const moment of moments) {
    usable += Math.min(lanes, wanted) * (moment.at - before);
    before = moment.at;
    wanted += moment.lanes;
  }
  return usable;
}

export function waitMs(history: JobHistory): number {
  return startOf(history) - history.job.submittedAt;
}

/** The part of a job's time in the system in which it ran: 1 without any wait. */
function servedPart(history: JobHistory): number {
  const { runMs }: SimulatedJob = history.job;
  return runMs / (waitMs(history) + runMs);
}

/** Jain's index: 1 when all are served alike, 1/n when one gets everything. */
function jain(values: readonly number[]): number {
  const squares = sum(values.map((value) => value * value));
  return squares === 0 ? 1 : sum(values) ** 2 / (values.length * squares);
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : (100 * part) / whole;
}
