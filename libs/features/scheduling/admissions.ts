import { leaseLimitMs } from '#core/generations/limits';
import { MAX_ADMISSIONS_PER_PLAN } from '#core/scheduling/limits';
import { type Admission, plan, type Recall } from '#core/scheduling/plan';
import { exchange } from '#features/scheduling/exchange';
import type { LedPool } from '#features/scheduling/led-pool';
import { MAX_CHANGES_PER_READ, MAX_QUEUES_PER_REFILL } from '#features/scheduling/limits';
import type { CommittedChange } from '#features/scheduling/read-changes';
import { queueWaitSeconds, startsTotal } from '#platform/telemetry/metrics';
import { recordSpan } from '#platform/telemetry/spans';

export interface Planned {
  admit: readonly Admission[];
  recall: readonly Recall[];
  plannedAtMs: number;
}

/** Plans what starts, commits it, and folds into the index what others have committed. */
export class Admissions {
  private hasNewChanges = true;

  constructor(private readonly pool: LedPool) {}

  /** There are rows in the outbox, or may be. */
  noteChanges(): void {
    this.hasNewChanges = true;
  }

  /** What a turn should do now, by the rules. */
  plan(): Planned {
    const plannedAtMs = this.pool.wallMs();
    const { index, pauses, leases, leadership } = this.pool;
    if (pauses.isPoolPaused || leases.isStalled(this.pool.nowMs()) || !leadership.isHeld) return { admit: [], recall: [], plannedAtMs };
    index.apply({ type: 'clock', now: plannedAtMs });
    return { ...plan(index, plannedAtMs, MAX_ADMISSIONS_PER_PLAN), plannedAtMs };
  }

  /**
   * Commits what was planned and learns what others have committed. One transaction for both: under load every round trip is time that lanes idle.
   * @returns whether there may be more to plan
   */
  async exchange({ admit, plannedAtMs }: Planned): Promise<boolean> {
    const takesChanges = this.hasNewChanges;
    const headsWanted = this.pool.index.queuesToRefill().slice(0, MAX_QUEUES_PER_REFILL);
    if (admit.length === 0 && !takesChanges && headsWanted.length === 0) return false;
    this.hasNewChanges = false;
    const { fences, changes, heads } = await this.pool.asLeader('exchange', (tx) =>
      exchange(tx, this.pool.leadership, { admit, takesChanges, headsWanted }, this.pool.wallMs()),
    );
    for (const admission of admit) this.noteAdmitted(admission, fences.get(admission.generationId), plannedAtMs);
    for (const change of changes) this.applyCommitted(change);
    for (const change of heads) this.pool.index.apply(this.pool.pauses.seen(change));
    if (changes.length === MAX_CHANGES_PER_READ) this.hasNewChanges = true;
    return admit.length + changes.length + heads.length > 0;
  }

  private applyCommitted(change: CommittedChange): void {
    const { index, pauses, forecasts } = this.pool;
    if ('more' in change) {
      index.apply(pauses.seen({ type: 'more', ...change.more }));
      return;
    }
    const { generationId, waiting, ended } = change;
    if (ended) {
      const nodeId = index.findLease(ended.lease)?.nodeId;
      if (nodeId !== undefined) this.pool.failures.note(nodeId, ended.reason, this.pool.wallMs());
      this.pool.noteEnded(ended);
      if (ended.isFreed) this.pool.noteFreed(ended.lease);
    }
    // An operator may have given it another priority: its place is found anew.
    const known = index.waitingGeneration(generationId);
    if (waiting && known && known.priority !== waiting.priority) index.apply({ type: 'left', generationId });
    if (!waiting) forecasts.left(generationId);
    index.apply(waiting ? pauses.seen({ type: 'queued', generation: waiting }) : { type: 'left', generationId });
  }

  private noteAdmitted(admission: Admission, fence: string | undefined, plannedAtMs: number): void {
    const { index, forecasts, leases, poolClass } = this.pool;
    const { tenantId, generationId, nodeId, estimatedMs } = admission;
    const generation = index.waitingGeneration(generationId);
    if (fence === undefined) forecasts.left(generationId);
    else forecasts.started(generationId, plannedAtMs);
    if (!generation || fence === undefined) {
      index.apply({ type: 'left', generationId }); // cancelled meanwhile: the lane is for the next
      return;
    }
    const { traceparent, queuedAt } = generation;
    const labels = { pool_class: poolClass, service_tier: generation.tier };
    startsTotal.inc(labels);
    queueWaitSeconds.observe(labels, Math.max(0, plannedAtMs - queuedAt) / 1_000);
    const lease = { tenantId, generationId, fence };
    index.apply({ type: 'leased', lease: { ...generation, ...admission, fence, startedAt: plannedAtMs } });
    const admittedAtMs = this.pool.nowMs();
    leases.add({ lease, nodeId, admittedAtMs, expiresAtMs: admittedAtMs + leaseLimitMs(estimatedMs), isBegun: false }, false);

    const attributes = { 'halogen.generation.id': generationId, 'halogen.fence': fence, 'halogen.node.id': nodeId };
    const plannedAt = new Date(plannedAtMs);
    recordSpan('queue', { parent: traceparent, startTime: new Date(Math.min(queuedAt, plannedAtMs)), endTime: plannedAt, attributes });
    recordSpan('admit', { parent: traceparent, startTime: plannedAt, endTime: new Date(this.pool.wallMs()), attributes });
  }
}
