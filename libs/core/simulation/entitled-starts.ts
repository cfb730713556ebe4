import type { JobHistory } from '#core/simulation/simulated-job';

/** A start of a tenant with units, and since when its job was among the first (units − running) of those that waited. */
export interface EntitledStart {
  job: number;
  attempt: number;
  startedAt: number;
  /** The start itself where it came before its turn, on lent lanes. */
  entitledAt: number;
  /** Whose end made room for it on the units; null when there was room at its submit, or before its turn. */
  follows: number | null;
}

interface Moment {
  at: number;
  /** Of one moment: ends, then submits, then starts. */
  order: number;
  does: 'wait' | 'start' | 'back' | 'end';
  job: number;
  attempt: number;
}

/** How long the starts of one tenant came after they were due. */
export function entitledWaitsMs(histories: readonly JobHistory[], units: number): number[] {
  return entitledStarts(histories, units).map(({ startedAt, entitledAt }) => startedAt - entitledAt);
}

/** @param histories of one tenant, in the order of its queue */
export function entitledStarts(histories: readonly JobHistory[], units: number): EntitledStart[] {
  const waiting: number[] = [];
  const entitled = new Map<number, Pick<EntitledStart, 'entitledAt' | 'follows'>>();
  const starts: EntitledStart[] = [];
  let runningLanes = 0;
  const lanesOf = (job: number) => (histories[job] as JobHistory).job.lanes;
  for (const { does, at, job, attempt } of momentsOf(histories)) {
    if (does === 'start') {
      starts.push({ job, attempt, startedAt: at, ...(entitled.get(job) ?? { entitledAt: at, follows: null }) });
      entitled.delete(job);
      waiting.splice(waiting.indexOf(job), 1);
      runningLanes += lanesOf(job);
      continue;
    }
    if (does !== 'wait') runningLanes -= lanesOf(job);
    if (does !== 'end') {
      const place = waiting.findIndex((other) => other > job);
      waiting.splice(place < 0 ? waiting.length : place, 0, job);
    }
    let idle = units - runningLanes;
    for (const each of waiting) {
      idle -= lanesOf(each);
      if (idle < 0) break;
      if (!entitled.has(each)) entitled.set(each, { entitledAt: at, follows: does === 'wait' ? null : job });
    }
  }
  return starts;
}

function momentsOf(histories: readonly JobHistory[]): Moment[] {
  return histories
    .flatMap(({ job: { submittedAt }, attempts }, job): Moment[] => [
      { at: submittedAt, order: 1, does: 'wait', job, attempt: 0 },
      ...attempts.flatMap(({ startedAt, endedAt, wasRecalled }, attempt): Moment[] => [
        { at: startedAt, order: 2, does: 'start', job, attempt },
        { at: endedAt, order: 0, does: wasRecalled ? 'back' : 'end', job, attempt },
      ]),
    ])
    .sort((one, other) => one.at - other.at || one.order - other.order);
}
