import type { AgentMessage } from '#contracts/lanes/messages';
import type { FinishQuestion, FinishTold, WaitQuestion, WaitTold } from '#contracts/queues/wait-questions';
import type { LeaseRef } from '#core/generations/lease';
import { findRules } from '#core/scheduling/rule-findings';
import type { CapacityService } from '#features/capacity/capacity.service';
import { Admissions } from '#features/scheduling/admissions';
import { Beginnings } from '#features/scheduling/beginnings';
import type { Clock } from '#features/scheduling/clock';
import { FreedLanes } from '#features/scheduling/freed-lanes';
import { type Leadership, NotLeader } from '#features/scheduling/leadership';
import { LedPool } from '#features/scheduling/led-pool';
import { LAPSED_LINKS_LIMIT_MS, TURN_EVERY_MS } from '#features/scheduling/limits';
import type { NodeLink } from '#features/scheduling/node-roster';
import { PoolReading } from '#features/scheduling/pool-reading';
import { Recalls } from '#features/scheduling/recalls';
import type { ReleaseFailed } from '#features/scheduling/release-failed';
import { TakeBacks } from '#features/scheduling/take-backs';
import type { HotPool } from '#platform/database/hot-pool';
import { WakeLoop } from '#platform/outbox/wake-loop';

export interface PoolSchedulerParts {
  db: HotPool;
  capacity: CapacityService;
  releaseFailed: ReleaseFailed;
  clock: Clock;
  /** Told when a transaction found another leader. */
  onNotLeader(): void;
}

type Register = Extract<AgentMessage, { type: 'register' }>;
type Heartbeat = Extract<AgentMessage, { type: 'heartbeat' }>;

/**
 * Leads one pool class for one epoch. Everything that changes the index happens in turns, one at a time: take back what is overdue, free
 * lanes, then in one transaction read what others have committed, plan and admit. Only `began` goes beside the turns, as it concerns no lane.
 */
export class PoolScheduler {
  private readonly pool: LedPool;
  private readonly reading: PoolReading;
  private readonly beginnings: Beginnings;
  private readonly freed: FreedLanes;
  private readonly takeBacks: TakeBacks;
  private readonly recalls: Recalls;
  private readonly admissions: Admissions;
  private readonly loop: WakeLoop;
  private loading = aLoading();
  private isLoaded = false;

  constructor(
    private readonly leadership: Leadership,
    private readonly parts: PoolSchedulerParts,
  ) {
    this.pool = new LedPool(leadership, parts.db, parts.clock);
    this.reading = new PoolReading(this.pool, parts.capacity);
    this.beginnings = new Beginnings(this.pool);
    this.freed = new FreedLanes(this.pool);
    this.takeBacks = new TakeBacks(this.pool, this.freed, parts.releaseFailed);
    this.recalls = new Recalls(this.pool);
    this.admissions = new Admissions(this.pool);
    this.loop = new WakeLoop({ name: `scheduler ${leadership.poolClass}`, everyMs: TURN_EVERY_MS, run: () => this.runTurn() });
  }

  start(): void {
    this.loop.start();
  }

  /** No turn begins any more. Answers when the one under way is over. */
  async finishTurn(): Promise<void> {
    await this.loop.stop();
  }

  /** For the end: afterwards nothing is heard from the nodes. @param leaderUrl where they should go */
  dismissNodes(leaderUrl: string | null): void {
    this.loading.reject(new NotLeader(this.leadership.poolClass, this.leadership.epoch));
    for (const link of this.pool.roster.links()) link.close(leaderUrl);
  }

  /** There are rows in the outbox. */
  noteChanges(): void {
    this.admissions.noteChanges();
    this.loop.wake();
  }

  /** A node's state, a pause or what is guaranteed may have changed, too. */
  noteCapacity(): void {
    this.reading.noteCapacity();
    this.noteChanges();
  }

  wake(): void {
    this.loop.wake();
  }

  /** Answers when the index is loaded. @throws NotLeader when that will not happen any more */
  async whenLoaded(): Promise<void> {
    await this.loading.promise;
  }

  /** @throws NotLeader */
  async register(nodeId: string, link: NodeLink, message: Register): Promise<void> {
    await this.whenLoaded();
    const { roster, leases, index } = this.pool;
    if (!roster.has(nodeId)) await this.pool.asLeader('nodes', (tx) => this.reading.refreshNodes(tx));
    if (!roster.has(nodeId)) return link.close();

    const kill = message.living.filter((lease) => leases.find(lease)?.nodeId !== nodeId);
    // An ended lease that is known still holds its lanes; of an unknown one only the node can say when they are free.
    const strangers = kill.filter((lease) => !index.findLease(lease));
    roster.register(nodeId, link, message, strangers, this.pool.nowMs());
    link.send({ type: 'registered', kill });
    roster.tellToDrain(nodeId);
    for (const lease of message.living) if (!kill.includes(lease)) this.began(nodeId, lease);
    this.wake();
  }

  heartbeat(nodeId: string, link: NodeLink, { residentModels, progress }: Heartbeat): void {
    this.pool.roster.heartbeat(nodeId, residentModels, progress, this.pool.nowMs());
    link.send({ type: 'heartbeat_noted' });
    for (const lease of progress) this.began(nodeId, lease); // in case `began` was lost
  }

  began(nodeId: string, { tenantId, generationId, fence }: LeaseRef): void {
    this.pool.roster.heard(nodeId, this.pool.nowMs());
    if (this.beginnings.add({ tenantId, generationId, fence, nodeId })) this.wake();
  }

  /** Answered with `freed_noted` once it is committed. */
  lanesFreed(nodeId: string, { tenantId, generationId, fence }: LeaseRef): void {
    this.pool.roster.heard(nodeId, this.pool.nowMs());
    this.freed.add({ tenantId, generationId, fence, nodeId });
    this.wake();
  }

  leaving(nodeId: string): void {
    this.pool.roster.leave(nodeId);
    this.wake();
  }

  unlinked(nodeId: string, link: NodeLink): void {
    this.pool.roster.unlink(nodeId, link);
  }

  /** What a running stage last said of itself. */
  progressOf(nodeId: string, lease: LeaseRef) {
    return this.pool.roster.progressOf(nodeId, lease);
  }

  /** Why a generation waits, and until when; null while nothing is loaded. One that is none of the heads in the index has no place. */
  explain(question: WaitQuestion): WaitTold | null {
    if (!this.isLoaded) return null;
    const told = this.reasonOf(question);
    return question.wantsRules ? { ...told, rules: this.rulesOf(question) } : told;
  }

  private reasonOf({ tenantId, generationId }: WaitQuestion): WaitTold {
    const { pauses, forecasts, index } = this.pool;
    const unknown = { position: null, isFirstOfItsTenant: false, startP50: null, startP90: null };
    if (pauses.isPoolPaused) return { reason: 'pool_paused', ...unknown };
    if (pauses.isTenantPaused(tenantId)) return { reason: 'tenant_paused', ...unknown };
    return forecasts.explain(index, generationId, this.pool.wallMs()) ?? { reason: 'behind_its_queue', ...unknown };
  }

  private rulesOf({ tenantId, generationId }: WaitQuestion): NonNullable<WaitTold['rules']> {
    const { pauses, index } = this.pool;
    const readAt = this.pool.wallMs();
    const isPaused = pauses.isPoolPaused || pauses.isTenantPaused(tenantId);
    return { readAt, findings: findRules(index, generationId, isPaused, readAt) };
  }

  /** When a batch will be done; null while nothing is loaded or nothing shows that it can. */
  expectFinish(work: FinishQuestion): FinishTold | null {
    const { pauses, forecasts, index } = this.pool;
    if (!this.isLoaded || pauses.isPoolPaused || pauses.isTenantPaused(work.tenantId)) return null;
    return forecasts.expectFinish(index, work, this.pool.wallMs()) ?? null;
  }

  private async runTurn(): Promise<void> {
    if (!this.leadership.isHeld) {
      if (this.leadership.lapsedMs > LAPSED_LINKS_LIMIT_MS) for (const link of this.pool.roster.links()) link.close(null);
      return;
    }
    try {
      if (!this.isLoaded) await this.load();
      if (await this.reading.refresh()) this.admissions.noteChanges();
      await this.takeBacks.takeBackWhatIsDue();
      await this.freed.write();
      if (await this.admissions.exchange((planned) => this.recalls.recall(planned))) this.wake();
      this.recalls.tellDying();
      this.beginnings.tellStrangers();
      await this.showLanes();
    } catch (error) {
      // What was committed is not known for sure any more: the next turn begins with what the database has.
      if (this.isLoaded) this.loading = aLoading();
      this.isLoaded = false;
      if (!(error instanceof NotLeader)) throw error;
      this.leadership.end();
      this.parts.onNotLeader();
    }
  }

  private async load(): Promise<void> {
    await this.reading.load();
    this.admissions.noteChanges();
    this.isLoaded = true;
    this.loading.resolve();
  }

  /** Last in a turn: nothing waits for it. */
  private async showLanes(): Promise<void> {
    const write = this.pool.laneRecord.due(this.pool.nowMs(), this.pool.wallMs());
    if (write) await this.pool.asLeader('lanes', write);
  }
}

function aLoading(): PromiseWithResolvers<void> {
  const loading = Promise.withResolvers<void>();
  loading.promise.catch(() => {}); // nobody may be waiting for it
  return loading;
}
