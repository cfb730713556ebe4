import { leaseLimitMs } from '#core/generations/limits';
import { MAX_ADMISSIONS_PER_PLAN } from '#core/scheduling/limits';
import { type Admission, plan, type Recall } from '#core/scheduling/plan';
import { type Decided, exchange } from '#features/scheduling/exchange';
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

interface Decision extends Planned, Decided {
  /** The recalls are under way. */
  recalling: Promise<void>;
}

/** Plans what starts, commits it, and folds into the index what others have committed. */
export class Admissions {
  private hasNewChanges = true;

  constructor(private readonly pool: LedPool) {}

  /** There are rows in the outbox, or may be. */
  noteChanges(): void {
    this.hasNewChanges = true;
  }

  /**
   * Learns what others have committed, plans by it and commits what was planned: one transaction, since under load every round trip is time
   * that lanes idle. With nothing to learn and nothing to say there is none.
   * @param recall what owners wait for is asked for beside it, in a transaction of its own
   * @returns whether there may be more to plan
   */
  async exchange(recall: (planned: Planned) => Promise<void>): Promise<boolean> {
    const hears = this.hasNewChanges;
    let decision = hears ? undefined : this.decide(recall);
    this.hasNewChanges = false;
    try {
      if (decision && decision.admit.length + decision.headsWanted.length === 0) return false;
      const answered = await this.pool.asLeader('exchange', (tx) =>
        exchange(tx, this.pool.leadership, { hears, nowMs: this.pool.wallMs() }, (changes) => {
          for (const change of changes) this.applyCommitted(change);
          if (changes.length === MAX_CHANGES_PER_READ) this.hasNewChanges = true;
          decision ??= this.decide(recall);
          return decision;
        }),
      );
      const { fences, heads } = await answered();
      const { admit, plannedAtMs } = decision as Decision;
      for (const admission of admit) this.noteAdmitted(admission, fences.get(admission.generationId), plannedAtMs);
      for (const change of heads) this.pool.index.apply(this.pool.pauses.seen(change));
      return admit.length + heads.length > 0 || this.hasNewChanges;
    } finally {
      await decision?.recalling;
    }
  }

  private decide(recall: (planned: Planned) => Promise<void>): Decision {
    const headsWanted = this.pool.index.queuesToRefill().slice(0, MAX_QUEUES_PER_REFILL);
    const planned = this.plan();
    const recalling = recall(planned);
    recalling.catch(() => {}); // told by whatever waits for it
    return { ...planned, headsWanted, recalling };
  }

  /** What should be done now, by the rules. */
  private plan(): Planned {
    const plannedAtMs = this.pool.wallMs();
    const { index, pauses, leases, leadership } = this.pool;
    if (pauses.isPoolPaused || leases.isStalled(this.pool.nowMs()) || !leadership.isHeld) return { admit: [], recall: [], plannedAtMs };
    index.apply({ type: 'clock', now: plannedAtMs });
    return { ...plan(index, plannedAtMs, MAX_ADMISSIONS_PER_PLAN), plannedAtMs };
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
    const waitMs = Math.max(0, plannedAtMs - queuedAt);
    queueWaitSeconds.observe(labels, waitMs / 1_000);
    this.pool.waits.note(tenantId, generation.tier, waitMs, plannedAtMs);
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
