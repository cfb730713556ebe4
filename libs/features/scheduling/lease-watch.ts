import type { SchedulerMessage } from '#contracts/lanes/messages';
import type { LeaseRef } from '#core/generations/lease';
import { leaseKeyOf } from '#features/scheduling/lease-keys';
import { NO_RUN_LIMIT_MS, STALLED_AFTER_MS, TRY_AGAIN_AFTER_MS } from '#features/scheduling/limits';

export type RecallReason = Extract<SchedulerMessage, { type: 'recall' }>['reason'];

/** A lease that has not ended. */
export interface LivingLease {
  lease: LeaseRef;
  nodeId: string;
  admittedAtMs: number;
  expiresAtMs: number;
  isBegun: boolean;
  /** A take-back that could not be done is not tried again before. */
  triableAtMs: number;
}

/** A lease that has ended, and whose node has not yet said that its lanes are free. */
export interface DyingLease {
  lease: LeaseRef;
  nodeId: string;
  reason: RecallReason;
  toldAtMs: number;
}

/** The leases against the clock: who waits for a run, whose time is over, and who must be told to stop. Times are monotonic. */
export class LeaseWatch {
  private readonly living = new Map<string, LivingLease>();
  /** In the order of their admission. */
  private readonly withoutRun = new Map<string, LivingLease>();
  private readonly dying = new Map<string, DyingLease>();
  /** When a stage last began anywhere: a sign that runs do start. */
  private lastBeganAtMs = Number.NEGATIVE_INFINITY;

  clear(): void {
    this.living.clear();
    this.withoutRun.clear();
    this.dying.clear();
  }

  add(lease: Omit<LivingLease, 'triableAtMs'>, hasRun: boolean): void {
    const living = { ...lease, triableAtMs: 0 };
    const key = leaseKeyOf(lease.lease);
    this.living.set(key, living);
    if (!hasRun) this.withoutRun.set(key, living);
  }

  find(lease: LeaseRef): LivingLease | undefined {
    return this.living.get(leaseKeyOf(lease));
  }

  began(lease: LivingLease, nowMs: number): void {
    lease.isBegun = true;
    this.withoutRun.delete(leaseKeyOf(lease.lease));
    this.lastBeganAtMs = nowMs;
  }

  /** @param waiting keys of the leases that had no run when asked at `askedAtMs` */
  noteRuns(waiting: ReadonlySet<string>, askedAtMs: number): void {
    for (const [key, { admittedAtMs }] of this.withoutRun) {
      if (admittedAtMs >= askedAtMs) break;
      if (!waiting.has(key)) this.withoutRun.delete(key);
    }
  }

  /** Ended: its node must be told, unless its lanes are free already. */
  ended(lease: LeaseRef, nodeId: string, reason: RecallReason): void {
    const key = leaseKeyOf(lease);
    this.living.delete(key);
    this.withoutRun.delete(key);
    if (!this.dying.has(key)) this.dying.set(key, { lease, nodeId, reason, toldAtMs: Number.NEGATIVE_INFINITY });
  }

  freed(lease: LeaseRef): void {
    const key = leaseKeyOf(lease);
    this.living.delete(key);
    this.withoutRun.delete(key);
    this.dying.delete(key);
  }

  oldestWithoutRunMs(nowMs: number): number {
    const [oldest] = this.withoutRun.values();
    return oldest ? nowMs - oldest.admittedAtMs : 0;
  }

  /** Redis or Temporal is away, it seems: nothing more shall be admitted. */
  isStalled(nowMs: number): boolean {
    return this.oldestWithoutRunMs(nowMs) > STALLED_AFTER_MS;
  }

  leasesWithoutRunForTooLong(nowMs: number): LivingLease[] {
    const late: LivingLease[] = [];
    for (const lease of this.withoutRun.values()) {
      if (nowMs - lease.admittedAtMs < NO_RUN_LIMIT_MS) break;
      late.push(lease);
    }
    return late;
  }

  /** Whether others began since: then it is this lease that cannot be run, not the way to all runs that is down. */
  haveOthersBegunSince({ admittedAtMs }: LivingLease): boolean {
    return this.lastBeganAtMs > admittedAtMs;
  }

  expired(nowMs: number): LivingLease[] {
    return [...this.living.values()].filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
  }

  livingOn(nodeIds: ReadonlySet<string>): LivingLease[] {
    return nodeIds.size === 0 ? [] : [...this.living.values()].filter(({ nodeId }) => nodeIds.has(nodeId));
  }

  dyingOn(nodeIds: ReadonlySet<string>): DyingLease[] {
    return nodeIds.size === 0 ? [] : [...this.dying.values()].filter(({ nodeId }) => nodeIds.has(nodeId));
  }

  /** Dying leases whose node should be told now, or again. */
  toTell(nowMs: number): DyingLease[] {
    return [...this.dying.values()].filter(({ toldAtMs }) => nowMs - toldAtMs >= TRY_AGAIN_AFTER_MS);
  }
}
