import type { ServiceTier } from '#core/catalog/service-tiers';

/** Shorter waits are not worth a forecast. */
export const FORECAST_FROM_MS = 5_000;

/** One job of a trace. Times in milliseconds from the trace's start. */
export interface SimulatedJob {
  tenantId: string;
  model: string;
  lanes: number;
  submittedAt: number;
  /** How long it really runs on its lanes; the planner learns it at the end only. */
  runMs: number;
  /** By whether its tenant has units, unless told. */
  tier?: ServiceTier;
  priority?: number;
  /** Runs of one model and output take about as long. */
  outputKey?: string;
}

/** One lease of a job. */
export interface Attempt {
  startedAt: number;
  endedAt: number;
  wasRecalled: boolean;
}

/** What became of a job. The last attempt ran it to its end. */
export interface JobHistory {
  job: SimulatedJob;
  attempts: Attempt[];
  forecast?: Forecast;
}

/** What was told at its submit of when a job would start. Waits, in milliseconds. */
export interface Forecast {
  p50Ms: number;
  p90Ms: number;
  /** The plain rule: place by age × mean run ÷ lanes. */
  plainMs: number;
}

export interface Simulated {
  histories: JobHistory[];
  lanes: number;
  recalls: number;
  /** Lane time that went into runs which were recalled, and into loading models anew after a recall. */
  lostLaneMs: number;
  /** Lane time of whole runs on lanes that were not their tenant's own. */
  borrowedLaneMs: number;
  starts: number;
  /** Starts on a node that did not have the model. */
  modelMisses: number;
  /** Admissions and recalls, and the time that planning and keeping the index took. */
  decisions: number;
  decidingMs: number;
  /** Jobs that nothing here could ever run, such as gangs larger than any node. They have no history. */
  unserved: number;
}

export function wasServed({ attempts }: JobHistory): boolean {
  return attempts.at(-1)?.wasRecalled === false;
}

export function startOf({ attempts }: JobHistory): number {
  return (attempts.at(-1) as Attempt).startedAt;
}

export function firstSubmitted(one: SimulatedJob, other: SimulatedJob): number {
  return one.submittedAt - other.submittedAt;
}
