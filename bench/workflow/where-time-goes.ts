import { cpuUsOf, ownCpuUs } from '#bench/cpu-time';
import type { WholePlatform } from '#bench/whole-platform';

/** Completed runs that are looked at. */
const RUNS = 400;

/** Processor time of the platform's processes by name so far, in ms. This one, in which bare workflows run, is `parent`. */
export type CpuByProcess = ReadonlyMap<string, number>;

export async function cpuByProcess({ pids }: WholePlatform): Promise<CpuByProcess> {
  const named = Object.entries(pids).map(async ([name, of]): Promise<[string, number]> => {
    const each = await Promise.all(of.map((pid) => (name === 'parent' ? ownCpuUs(pid) : cpuUsOf(pid).catch(() => 0))));
    return [name, each.reduce((sum, us) => sum + us, 0) / 1_000];
  });
  return new Map(await Promise.all(named));
}

/** What each process took of the processors in between, in ms for each of so many runs. */
export function cpuPerRun(before: CpuByProcess, after: CpuByProcess, runs: number): string {
  const rows = [...after].map(([name, ms]) => ({ name, ms: (ms - (before.get(name) ?? 0)) / Math.max(1, runs) }));
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  const told = rows.filter(({ ms }) => ms >= 0.5).sort((one, other) => other.ms - one.ms);
  return `${total.toFixed(0)} (${told.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(', ')})`;
}

/** How long a generation's lane was free before it, and where its time there goes: mean ms of the runs that ended last. */
export async function timeOnLane({ database }: WholePlatform): Promise<string> {
  const [row] = await database.query<Record<string, number | null>>(
    `WITH runs AS (
       SELECT l.*, lag(l.ended_at) OVER (PARTITION BY l.lane_ids ORDER BY l.admitted_at) AS lane_free_at
         FROM leases l WHERE l.end_reason = 'settled' ORDER BY l.ended_at DESC LIMIT ${RUNS}
     ), stamps AS (
       SELECT r.*, (SELECT jsonb_object_agg(c.stage, c.finished_at) FROM checkpoints c
                     WHERE c.tenant_id = r.tenant_id AND c.generation_id = r.generation_id) AS finished
         FROM runs r WHERE r.lane_free_at > r.admitted_at - interval '1 second'
     )
     SELECT ${meanMs('admitted_at - lane_free_at')} AS "lane free", ${meanMs(`${finished('moderate')} - admitted_at`)} AS moderated,
            ${meanMs(`${finished('plan')} - ${finished('moderate')}`)} AS planned, ${meanMs(`began_at - ${finished('plan')}`)} AS began,
            ${meanMs(`${finished('render')} - began_at`)} AS rendered, ${meanMs(`ended_at - ${finished('render')}`)} AS settled
       FROM stamps`,
  );
  return Object.entries(row ?? {})
    .map(([step, ms]) => `${step} ${ms === null ? 'unknown' : ms.toFixed(0)}`)
    .join(', ');
}

function meanMs(interval: string): string {
  return `(1000 * avg(extract(epoch FROM ${interval})))::float8`;
}

function finished(stage: string): string {
  return `(finished ->> '${stage}')::timestamptz`;
}
