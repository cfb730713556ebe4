import type { LeaseRef } from '#core/generations/lease';
import type { FreedLanes } from '#features/scheduling/freed-lanes';
import { leaseKeyOf } from '#features/scheduling/lease-keys';
import type { LivingLease } from '#features/scheduling/lease-watch';
import type { LedPool } from '#features/scheduling/led-pool';
import {
  ASK_FOR_RUN_AFTER_MS,
  ASK_FOR_RUNS_EVERY_MS,
  MAX_LEASES_PER_WRITE,
  TIME_RULES_EVERY_MS,
  TRY_AGAIN_AFTER_MS,
} from '#features/scheduling/limits';
import { readLeasesWithoutRun } from '#features/scheduling/read-leases';
import type { ReleaseFailed } from '#features/scheduling/release-failed';
import { takeBack } from '#features/scheduling/take-back';

type WhyTakenBack = 'silent' | 'no_run' | 'expired' | 'emptying' | 'freed';

const GIVE_UP_REASON = 'Job failed: no node could run it';

/** Takes back the leases that cannot go on: their node is silent, empties or runs them no more, no run came, or their time is over. */
export class TakeBacks {
  private readonly releasing = new Set<string>();
  private timeRulesAtMs = Number.NEGATIVE_INFINITY;
  private askedForRunsAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly pool: LedPool,
    private readonly freed: FreedLanes,
    private readonly releaseFailed: ReleaseFailed,
  ) {}

  async takeBackWhatIsDue(): Promise<void> {
    const nowMs = this.pool.nowMs();
    await this.askForRuns(nowMs);
    const due = new Map<string, { living: LivingLease; why: WhyTakenBack }>();
    const add = (why: WhyTakenBack, leases: readonly LivingLease[]) => {
      for (const living of leases) {
        const key = leaseKeyOf(living.lease);
        if (living.triableAtMs <= nowMs && !due.has(key) && !this.releasing.has(key)) due.set(key, { living, why });
      }
    };
    if (nowMs - this.timeRulesAtMs >= TIME_RULES_EVERY_MS) {
      this.timeRulesAtMs = nowMs;
      this.pool.forecasts.noteMisses(this.pool.wallMs());
      add('silent', this.pool.leases.livingOn(this.fenceOffSilentNodes(nowMs)));
      add('no_run', this.pool.leases.leasesWithoutRunForTooLong(nowMs));
      add('expired', this.pool.leases.expired(nowMs));
    }
    add('emptying', this.pool.leases.livingOn(this.pool.roster.emptyingNodes()));
    add('freed', this.freed.livingLeases());
    const all = [...due.values()];
    for (let at = 0; at < all.length; at += MAX_LEASES_PER_WRITE) await this.takeBack(all.slice(at, at + MAX_LEASES_PER_WRITE));
  }

  /** Their lanes are free from here on: an agent that hears no scheduler has killed its children before. */
  private fenceOffSilentNodes(nowMs: number): Set<string> {
    const silent = this.pool.roster.silentNodes(nowMs);
    for (const nodeId of silent) this.pool.roster.drop(nodeId);
    for (const { lease, nodeId } of this.pool.leases.dyingOn(silent)) this.freed.add({ ...lease, nodeId });
    return silent;
  }

  private async takeBack(due: readonly { living: LivingLease; why: WhyTakenBack }[]): Promise<void> {
    const outcomes = await this.pool.asLeader('take back', (tx) =>
      takeBack(
        tx,
        due.map(({ living, why }) => ({
          lease: living.lease,
          isLost: this.countsAsLost(living, why),
          isFreed: why === 'silent' || why === 'freed',
          endReason: 'taken_back',
        })),
        this.pool.wallMs(),
      ),
    );
    for (const { living, why } of due) {
      const { lease, nodeId } = living;
      const result = outcomes.get(leaseKeyOf(lease));
      living.triableAtMs = this.pool.nowMs() + TRY_AGAIN_AFTER_MS;
      if (result?.outcome === 'taken_back') {
        this.pool.failures.note(nodeId, why, this.pool.wallMs());
        this.pool.logger.warn(`lease taken back: ${why}`, { generationId: lease.generationId, fence: lease.fence, nodeId });
        this.pool.noteEnded({ lease, ranMs: 0, reason: 'taken_back', recall: why === 'emptying' ? 'drained' : 'taken_back' });
        if (why === 'silent' || why === 'freed') this.freed.answer({ ...lease, nodeId });
        this.pool.queue(result.generation);
      } else if (result?.outcome === 'must_fail') this.release(lease);
      else if (result?.outcome === 'nearly_done' && why === 'freed') this.freed.acknowledge({ ...lease, nodeId });
    }
  }

  private countsAsLost(living: LivingLease, why: WhyTakenBack): boolean {
    if (why === 'emptying') return false;
    return why !== 'no_run' || this.pool.leases.haveOthersBegunSince(living);
  }

  /** Not waited for: it has a transaction of its own, and the outbox tells its end. */
  private release(lease: LeaseRef): void {
    const key = leaseKeyOf(lease);
    this.releasing.add(key);
    this.releaseFailed
      .release({ tenantId: lease.tenantId, generationId: lease.generationId, fence: lease.fence }, GIVE_UP_REASON)
      .catch((error: unknown) => this.pool.logger.error('a generation that lost too many leases could not be released', error))
      .finally(() => this.releasing.delete(key));
  }

  private async askForRuns(nowMs: number): Promise<void> {
    if (this.pool.leases.oldestWithoutRunMs(nowMs) < ASK_FOR_RUN_AFTER_MS || nowMs - this.askedForRunsAtMs < ASK_FOR_RUNS_EVERY_MS) return;
    this.askedForRunsAtMs = nowMs;
    const waiting = await this.pool.asLeader('runs', (tx) => readLeasesWithoutRun(tx, this.pool.poolClass));
    this.pool.leases.noteRuns(waiting, nowMs);
  }
}
