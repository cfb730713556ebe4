import type { LiveAttempt, LiveHistory } from '#bench/live/live-attempt';
import { percentile } from '#bench/measurement';
import { type EntitledStart, entitledStarts } from '#core/simulation/entitled-starts';
import { AT_ONCE_MS, lagsMs } from '#core/simulation/measure';

/** Where the time of a handover goes: from the end of the run before on the units, or from the submit, until the next one starts. */
const PARTS = ['settle', 'recall', 'leader', 'commit'] as const;
type Part = (typeof PARTS)[number];
type Parts = Record<Part, number>;

/** Why provisioned starts came later than on a private partition. */
export interface LateStarts {
  late: number;
  /** The handovers in a row that a late start waited behind, in the mean and at most. */
  handovers_in_a_row_mean: number;
  handovers_in_a_row_max: number;
  /** Late by one wait alone, rather than by many that added up. */
  late_by_one_wait: number;
  /** Of late starts: what their lags were made of. `elsewhere` is what no handover before them explains. */
  lag_parts_pct: Record<Part | 'elsewhere', number>;
  /** Of all handovers on own units, in real time. */
  handovers: number;
  handover_mean_ms: Parts;
  handover_p99_ms: Parts;
}

interface Handover extends EntitledStart {
  parts: Parts;
}

/** @param histories in real time, of all tenants; figures of lags are by `timeScale` times as much */
export function lateStarts(histories: readonly LiveHistory[], units: ReadonlyMap<string, number>, timeScale: number): LateStarts {
  const byTenant = Map.groupBy(histories, ({ job }) => job.tenantId);
  const tenants = [...units].map(([tenantId, ofTenant]) => lateOf(byTenant.get(tenantId) ?? [], ofTenant, timeScale));
  const rows = tenants.flatMap(({ late }) => late);
  const handovers = tenants.flatMap((tenant) => tenant.handovers);
  const lagMs = sum(rows.map((row) => row.lagMs));
  const ofPart = (part: Part) => sum(rows.map(({ chain }) => sum(chain.map(({ parts }) => parts[part]))));
  const explained = sum(PARTS.map(ofPart));
  const pct = (ms: number) => (lagMs === 0 ? 0 : (100 * ms) / lagMs);
  const each = (of: (part: Part) => number) => Object.fromEntries(PARTS.map((part) => [part, of(part)])) as Parts;
  return {
    late: rows.length,
    handovers_in_a_row_mean: sum(rows.map(({ chain }) => chain.length)) / Math.max(1, rows.length),
    handovers_in_a_row_max: rows.reduce((most, { chain }) => Math.max(most, chain.length), 0),
    late_by_one_wait: rows.filter(({ chain }) => chain.some(({ parts }) => sum(Object.values(parts)) * timeScale > AT_ONCE_MS)).length,
    lag_parts_pct: { ...each((part) => pct(ofPart(part))), elsewhere: pct(lagMs - explained) },
    handovers: handovers.length,
    handover_mean_ms: each((part) => sum(handovers.map(({ parts }) => parts[part])) / Math.max(1, handovers.length)),
    handover_p99_ms: each((part) =>
      percentile(
        handovers.map(({ parts }) => parts[part]),
        0.99,
      ),
    ),
  };
}

function lateOf(
  histories: readonly LiveHistory[],
  units: number,
  timeScale: number,
): { late: { lagMs: number; chain: Handover[] }[]; handovers: Handover[] } {
  const lags = lagsMs(histories, units);
  const handovers = entitledStarts(histories, units).map((start): Handover => ({ ...start, parts: partsOf(histories, start) }));
  const lastOf = new Map(handovers.map((handover) => [handover.job, handover]));
  const late = handovers
    .filter((handover) => handover === lastOf.get(handover.job) && (lags[handover.job] as number) * timeScale > AT_ONCE_MS)
    .map((handover) => ({ lagMs: lags[handover.job] as number, chain: chainOf(handover, lastOf, lags) }));
  return { late, handovers: handovers.filter(({ startedAt, entitledAt }) => startedAt > entitledAt) };
}

/** Back from a start over the ends that made room for it, until one that was not late. */
function chainOf(start: Handover, lastOf: ReadonlyMap<number, Handover>, lags: readonly number[]): Handover[] {
  const chain: Handover[] = [];
  for (let at: Handover | undefined = start; at && (lags[at.job] as number) > 0; ) {
    chain.push(at);
    at = at.follows === null ? undefined : lastOf.get(at.follows);
  }
  return chain;
}

function partsOf(histories: readonly LiveHistory[], { job, attempt, startedAt, entitledAt, follows }: EntitledStart): Parts {
  const own = histories[job]?.attempts[attempt] as LiveAttempt;
  const before = follows === null ? undefined : histories[follows];
  const last = before?.attempts.at(-1);
  const settle = before && last ? Math.max(0, last.endedAt - last.startedAt - before.job.runMs) : 0;
  const heardAt = Math.min(startedAt, Math.max(own.admittedAt, entitledAt));
  const waited = heardAt - entitledAt;
  const isRecall = own.laneRecalledAt !== null && own.laneRecalledAt >= entitledAt;
  return { settle, recall: isRecall ? waited : 0, leader: isRecall ? 0 : waited, commit: startedAt - heardAt };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
