import { Logger } from '@nestjs/common';
import type { LeaseRef } from '#core/generations/lease';
import type { Change } from '#core/scheduling/changes';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';
import type { Clock } from '#features/scheduling/clock';
import { LaneRecord } from '#features/scheduling/lane-record';
import { asLeader, type Leadership } from '#features/scheduling/leadership';
import { LeaseWatch, type RecallReason } from '#features/scheduling/lease-watch';
import { NodeFailures } from '#features/scheduling/node-failures';
import { NodeRoster } from '#features/scheduling/node-roster';
import { Pauses } from '#features/scheduling/pauses';
import { QueueWaits } from '#features/scheduling/queue-waits';
import type { EndReason } from '#features/scheduling/read-leases';
import { WaitForecasts } from '#features/scheduling/wait-forecasts';
import type { HotPool } from '#platform/database/hot-pool';
import type { HotTx } from '#platform/database/tx';

interface Ended {
  lease: LeaseRef;
  ranMs: number;
  reason: EndReason;
  /** What the node is told, when it is another reason. */
  recall?: RecallReason;
}

/** What the leader of a pool class knows in its epoch. The steps of a turn share it; each changes it only by what has been committed. */
export class LedPool {
  readonly logger: Logger;
  readonly laneRecord: LaneRecord;
  readonly index: SchedulingIndex;
  readonly roster: NodeRoster;
  readonly leases = new LeaseWatch();
  readonly pauses = new Pauses();
  readonly forecasts = new WaitForecasts();
  readonly failures = new NodeFailures();
  readonly waits: QueueWaits;

  constructor(
    readonly leadership: Leadership,
    private readonly db: HotPool,
    private readonly clock: Clock,
  ) {
    this.logger = new Logger(`scheduler ${leadership.poolClass}`);
    this.laneRecord = new LaneRecord(leadership);
    this.waits = new QueueWaits(leadership.poolClass);
    this.index = new SchedulingIndex(this.laneRecord.use);
    this.roster = new NodeRoster((node) => this.index.apply({ type: 'node', node }));
  }

  get poolClass(): string {
    return this.leadership.poolClass;
  }

  queue(generation: WaitingGeneration): void {
    this.index.apply(this.pauses.seen({ type: 'queued', generation }));
  }

  noteEnded({ lease, ranMs, reason, recall }: Ended): void {
    const known = this.index.findLease(lease);
    if (!known) return;
    // A lease that went on after a checkpoint ran only part of the stages: it teaches no run time.
    const change: Change = { type: 'ended', lease, ranMs, wasWhole: reason === 'settled' && lease.fence === '1' && ranMs > 0 };
    this.index.apply(change);
    this.leases.ended(lease, known.nodeId, recall ?? recallReasonOf(reason));
  }

  noteFreed(lease: LeaseRef): void {
    this.index.apply({ type: 'freed', lease });
    this.leases.freed(lease);
  }

  /** @throws NotLeader */
  asLeader<T>(name: string, work: (tx: HotTx) => Promise<T>): Promise<T> {
    return asLeader(this.db, this.leadership, name, work);
  }

  /** Monotonic. */
  nowMs(): number {
    return this.clock.monotonicMs();
  }

  /** Since 1970. */
  wallMs(): number {
    return this.clock.wallMs();
  }
}

function recallReasonOf(reason: EndReason): RecallReason {
  if (reason === 'cancelled' || reason === 'taken_back' || reason === 'recalled') return reason;
  return 'ended';
}
