import { Logger } from '@nestjs/common';
import type { AgentMessage } from '#contracts/lanes/messages';
import type { WaitTold } from '#contracts/queues/wait-questions';
import type { LeaseRef } from '#core/generations/lease';
import { leaseLimitMs } from '#core/generations/limits';
import type { Change } from '#core/scheduling/changes';
import { MAX_ADMISSIONS_PER_PLAN, NOT_LENT_AGAIN_MS } from '#core/scheduling/limits';
import { type Admission, plan, type Recall } from '#core/scheduling/plan';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import type { CapacityService } from '#features/capacity/capacity.service';
import type { Clock } from '#features/scheduling/clock';
import { exchange } from '#features/scheduling/exchange';
import { LaneRecord } from '#features/scheduling/lane-record';
import { asLeader, type Leadership, NotLeader } from '#features/scheduling/leadership';
import { leaseKeyOf } from '#features/scheduling/lease-keys';
import { LeaseWatch, type LivingLease, type RecallReason } from '#features/scheduling/lease-watch';
import {
  ASK_FOR_RUN_AFTER_MS,
  ASK_FOR_RUNS_EVERY_MS,
  LAPSED_LINKS_LIMIT_MS,
  MAX_CHANGES_PER_READ,
  MAX_LEASES_PER_WRITE,
  MAX_QUEUES_PER_REFILL,
  NOTE_HEARD_EVERY_MS,
  REFRESH_NODES_AFTER_MS,
  SWEEP_EVERY_MS,
  TIME_RULES_EVERY_MS,
  TRY_AGAIN_AFTER_MS,
  TURN_EVERY_MS,
} from '#features/scheduling/limits';
import { NodeFailures } from '#features/scheduling/node-failures';
import { type NodeLink, NodeRoster } from '#features/scheduling/node-roster';
import { type Began, noteBegan } from '#features/scheduling/note-began';
import { type Freed, noteFreed } from '#features/scheduling/note-freed';
import { Pauses, type PausesRead, readPauses } from '#features/scheduling/pauses';
import type { CommittedChange } from '#features/scheduling/read-changes';
import { readFirstHeads } from '#features/scheduling/read-heads';
import { type EndReason, readLeasesWithoutRun, readOpenLeases } from '#features/scheduling/read-leases';
import type { ReleaseFailed } from '#features/scheduling/release-failed';
import { takeBack } from '#features/scheduling/take-back';
import { WaitForecasts } from '#features/scheduling/wait-forecasts';
import { CommandGroup } from '#platform/database/command-group';
import type { HotPool } from '#platform/database/hot-pool';
import type { HotTx, Tx } from '#platform/database/tx';
import { WakeLoop } from '#platform/outbox/wake-loop';
import { queueWaitSeconds, startsTotal } from '#platform/telemetry/metrics';
import { recordSpan } from '#platform/telemetry/spans';

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
type WhyTakenBack = 'silent' | 'no_run' | 'expired' | 'emptying' | 'freed';

const GIVE_UP_REASON = 'Job failed: no node could run it';

/**
 * Leads one pool class for one epoch. Everything that changes the index happens in turns, one at a time: take back what is overdue, free
 * lanes, plan, then in one transaction admit and read what others have committed. Only `began` goes beside the turns, as it concerns no lane.
 */
export class PoolScheduler {
  readonly index: SchedulingIndex;
  private readonly logger: Logger;
  private readonly roster: NodeRoster;
  private readonly leases = new LeaseWatch();
  private readonly pauses = new Pauses();
  private readonly forecasts = new WaitForecasts();
  private readonly laneRecord: LaneRecord;
  private readonly failures = new NodeFailures();
  private readonly loop: WakeLoop;
  private readonly begins: CommandGroup<Began, void>;
  private readonly beginning = new Set<string>();
  private readonly releasing = new Set<string>();
  /** `freed` of agents that is not written yet. */
  private readonly freed = new Map<string, Freed>();
  /** `began` under leases unknown here; the turn under way may be just about to learn of them. */
  private strangers: Began[] = [];
  private loading = aLoading();
  private isLoaded = false;
  private hasNewChanges = true;
  private mayNodesHaveChanged = false;
  private sweptAtMs = Number.NEGATIVE_INFINITY;
  private timeRulesAtMs = Number.NEGATIVE_INFINITY;
  private askedForRunsAtMs = Number.NEGATIVE_INFINITY;
  private notedHeardAtMs = 0;

  constructor(
    private readonly leadership: Leadership,
    private readonly parts: PoolSchedulerParts,
  ) {
    this.logger = new Logger(`scheduler ${leadership.poolClass}`);
    this.laneRecord = new LaneRecord(leadership);
    this.index = new SchedulingIndex(this.laneRecord.use);
    this.roster = new NodeRoster((node) => this.index.apply({ type: 'node', node }));
    this.loop = new WakeLoop({ name: `scheduler ${leadership.poolClass}`, everyMs: TURN_EVERY_MS, run: () => this.runTurn() });
    this.begins = new CommandGroup({
      name: 'began',
      run: async (began) => {
        await this.asLeader('began', (tx) => noteBegan(tx, began));
        return began.map(() => undefined);
      },
    });
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
    for (const link of this.roster.links()) link.close(leaderUrl);
  }

  /** There are rows in the outbox. */
  noteChanges(): void {
    this.hasNewChanges = true;
    this.loop.wake();
  }

  /** A node's state, a pause or what is guaranteed may have changed, too. */
  noteCapacity(): void {
    this.mayNodesHaveChanged = true;
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
    if (!this.roster.has(nodeId)) await this.asLeader('nodes', (tx) => this.refreshNodes(tx));
    if (!this.roster.has(nodeId)) return link.close();

    const kill = message.living.filter((lease) => this.leases.find(lease)?.nodeId !== nodeId);
    // An ended lease that is known still holds its lanes; of an unknown one only the node can say when they are free.
    const strangers = kill.filter((lease) => !this.index.findLease(lease));
    this.roster.register(nodeId, link, message, strangers, this.nowMs());
    link.send({ type: 'registered', kill });
    this.roster.tellToDrain(nodeId);
    for (const lease of message.living) if (!kill.includes(lease)) this.began(nodeId, lease);
    this.wake();
  }

  heartbeat(nodeId: string, link: NodeLink, { residentModels, progress }: Heartbeat): void {
    this.roster.heartbeat(nodeId, residentModels, progress, this.nowMs());
    link.send({ type: 'heartbeat_noted' });
    for (const lease of progress) this.began(nodeId, lease); // in case `began` was lost
  }

  began(nodeId: string, { tenantId, generationId, fence }: LeaseRef): void {
    const began = { tenantId, generationId, fence, nodeId };
    this.roster.heard(nodeId, this.nowMs());
    const living = this.leases.find(began);
    if (living?.nodeId === nodeId) this.noteBegan(living, began);
    else if (this.strangers.length < MAX_LEASES_PER_WRITE) {
      this.strangers.push(began);
      this.wake();
    }
  }

  /** Answered with `freed_noted` once it is committed. */
  lanesFreed(nodeId: string, { tenantId, generationId, fence }: LeaseRef): void {
    this.roster.heard(nodeId, this.nowMs());
    this.freed.set(leaseKeyOf({ tenantId, generationId, fence }), { tenantId, generationId, fence, nodeId });
    this.wake();
  }

  leaving(nodeId: string): void {
    this.roster.leave(nodeId);
    this.wake();
  }

  unlinked(nodeId: string, link: NodeLink): void {
    this.roster.unlink(nodeId, link);
  }

  /** What a running stage last said of itself. */
  progressOf(nodeId: string, lease: LeaseRef) {
    return this.roster.progressOf(nodeId, lease);
  }

  /** Why a generation waits, and until when; null while nothing is loaded. One that is none of the heads in the index has no place. */
  explain({ tenantId, generationId }: { tenantId: string; generationId: string }): WaitTold | null {
    if (!this.isLoaded) return null;
    const unknown = { position: null, isFirstOfItsTenant: false, startP50: null, startP90: null };
    if (this.pauses.isPoolPaused) return { reason: 'pool_paused', ...unknown };
    if (this.pauses.isTenantPaused(tenantId)) return { reason: 'tenant_paused', ...unknown };
    return this.forecasts.explain(this.index, generationId, this.parts.clock.wallMs()) ?? { reason: 'behind_its_queue', ...unknown };
  }

  private async runTurn(): Promise<void> {
    if (!this.leadership.isHeld) {
      if (this.leadership.lapsedMs > LAPSED_LINKS_LIMIT_MS) for (const link of this.roster.links()) link.close(null);
      return;
    }
    try {
      if (!this.isLoaded) await this.load();
      await this.sweep();
      await this.takeBackWhatIsDue();
      await this.freeLanes();
      await this.exchange(await this.planAdmissions());
      this.tellDying();
      this.tellStrangers();
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
    const { poolClass } = this.leadership;
    const loaded = await this.asLeader('load', async (tx) => ({
      nodes: await this.parts.capacity.nodesOf(tx, poolClass),
      units: await this.parts.capacity.unitsOf(tx, poolClass),
      pauses: await readPauses(tx, poolClass),
      leases: await readOpenLeases(tx, poolClass),
      heads: await readFirstHeads(tx, poolClass),
    }));
    const nowMs = this.nowMs();
    this.index.reset();
    this.leases.clear();
    this.roster.update(loaded.nodes, nowMs);
    this.roster.showAll();
    this.noteUnits(loaded.units);
    this.notePauses(loaded.pauses);
    for (const { lease, hasRun, isBegun, expiresInMs, endReason } of loaded.leases) {
      this.index.apply({ type: 'leased', lease });
      const { nodeId } = lease;
      if (endReason === null) this.leases.add({ lease, nodeId, admittedAtMs: nowMs, expiresAtMs: nowMs + expiresInMs, isBegun }, hasRun);
      else this.noteEnded({ lease, ranMs: 0, reason: endReason });
    }
    for (const heads of loaded.heads) this.index.apply(this.pauses.seen(heads));
    this.hasNewChanges = true;
    this.isLoaded = true;
    this.loading.resolve();
    this.logger.log('loaded', { epoch: this.leadership.epoch, nodes: loaded.nodes.length, leases: loaded.leases.length });
  }

  private async sweep(): Promise<void> {
    const sinceMs = this.nowMs() - this.sweptAtMs;
    if (sinceMs < (this.mayNodesHaveChanged ? REFRESH_NODES_AFTER_MS : SWEEP_EVERY_MS)) return;
    this.sweptAtMs = this.nowMs();
    this.mayNodesHaveChanged = false;
    this.hasNewChanges = true;
    const noteHeard = this.nowMs() - this.notedHeardAtMs >= NOTE_HEARD_EVERY_MS;
    if (noteHeard) this.notedHeardAtMs = this.nowMs();
    await this.asLeader('sweep', async (tx) => {
      if (noteHeard) await this.parts.capacity.noteHeard(tx, this.roster.takeHeard());
      if (noteHeard) await this.failures.save(tx);
      await this.refreshNodes(tx);
      this.noteUnits(await this.parts.capacity.unitsOf(tx, this.leadership.poolClass));
      this.notePauses(await readPauses(tx, this.leadership.poolClass));
    });
  }

  /** Commitments begin and end with the days, and by orders. */
  private noteUnits(units: ReadonlyMap<string, number>): void {
    for (const tenantId of this.index.tenantsWithUnits()) if (!units.has(tenantId)) this.index.apply({ type: 'units', tenantId, units: 0 });
    for (const [tenantId, each] of units) {
      if (this.index.tenantQueue(tenantId)?.units !== each) this.index.apply({ type: 'units', tenantId, units: each });
    }
  }

  private notePauses(read: PausesRead): void {
    for (const change of this.pauses.update(read)) this.index.apply(change);
  }

  private async refreshNodes(tx: Tx): Promise<void> {
    this.roster.update(await this.parts.capacity.nodesOf(tx, this.leadership.poolClass), this.nowMs());
  }

  private applyCommitted(change: CommittedChange): void {
    if ('more' in change) {
      this.index.apply(this.pauses.seen({ type: 'more', ...change.more }));
      return;
    }
    const { generationId, waiting, ended } = change;
    if (ended) {
      const nodeId = this.index.findLease(ended.lease)?.nodeId;
      if (nodeId !== undefined) this.failures.note(nodeId, ended.reason, this.parts.clock.wallMs());
      this.noteEnded(ended);
      if (ended.isFreed) this.noteFreed(ended.lease);
    }
    // An operator may have given it another priority: its place is found anew.
    const known = this.index.waitingGeneration(generationId);
    if (waiting && known && known.priority !== waiting.priority) this.index.apply({ type: 'left', generationId });
    if (!waiting) this.forecasts.left(generationId);
    this.index.apply(waiting ? this.pauses.seen({ type: 'queued', generation: waiting }) : { type: 'left', generationId });
  }

  private async takeBackWhatIsDue(): Promise<void> {
    const nowMs = this.nowMs();
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
      this.forecasts.noteMisses(this.parts.clock.wallMs());
      add('silent', this.leases.livingOn(this.fenceOffSilentNodes(nowMs)));
      add('no_run', this.leases.leasesWithoutRunForTooLong(nowMs));
      add('expired', this.leases.expired(nowMs));
    }
    add('emptying', this.leases.livingOn(this.roster.emptyingNodes()));
    add(
      'freed',
      [...this.freed.values()].flatMap((freed) => this.leases.find(freed) ?? []).filter((living) => this.isOfItsNode(living)),
    );
    const all = [...due.values()];
    for (let at = 0; at < all.length; at += MAX_LEASES_PER_WRITE) await this.takeBack(all.slice(at, at + MAX_LEASES_PER_WRITE));
  }

  /** Their lanes are free from here on: an agent that hears no scheduler has killed its children before. */
  private fenceOffSilentNodes(nowMs: number): Set<string> {
    const silent = this.roster.silentNodes(nowMs);
    for (const nodeId of silent) this.roster.drop(nodeId);
    for (const { lease, nodeId } of this.leases.dyingOn(silent)) this.freed.set(leaseKeyOf(lease), { ...lease, nodeId });
    return silent;
  }

  private isOfItsNode({ lease, nodeId }: LivingLease): boolean {
    return this.freed.get(leaseKeyOf(lease))?.nodeId === nodeId;
  }

  private async takeBack(due: readonly { living: LivingLease; why: WhyTakenBack }[]): Promise<void> {
    const outcomes = await this.asLeader('take back', (tx) =>
      takeBack(
        tx,
        due.map(({ living, why }) => ({
          lease: living.lease,
          isLost: this.countsAsLost(living, why),
          isFreed: why === 'silent' || why === 'freed',
          endReason: 'taken_back',
        })),
        this.parts.clock.wallMs(),
      ),
    );
    for (const { living, why } of due) {
      const { lease, nodeId } = living;
      const result = outcomes.get(leaseKeyOf(lease));
      living.triableAtMs = this.nowMs() + TRY_AGAIN_AFTER_MS;
      if (result?.outcome === 'taken_back') {
        this.failures.note(nodeId, why, this.parts.clock.wallMs());
        this.logger.warn(`lease taken back: ${why}`, { generationId: lease.generationId, fence: lease.fence, nodeId });
        this.noteEnded({ lease, ranMs: 0, reason: 'taken_back', recall: why === 'emptying' ? 'drained' : 'taken_back' });
        if (why === 'silent' || why === 'freed') this.answerFreed({ ...lease, nodeId });
        this.index.apply(this.pauses.seen({ type: 'queued', generation: result.generation }));
      } else if (result?.outcome === 'must_fail') this.release(lease);
      else if (result?.outcome === 'nearly_done' && why === 'freed') this.acknowledgeFreed({ ...lease, nodeId });
    }
  }

  private countsAsLost(living: LivingLease, why: WhyTakenBack): boolean {
    if (why === 'emptying') return false;
    return why !== 'no_run' || this.leases.haveOthersBegunSince(living);
  }

  /** Not waited for: it has a transaction of its own, and the outbox tells its end. */
  private release(lease: LeaseRef): void {
    const key = leaseKeyOf(lease);
    this.releasing.add(key);
    this.parts.releaseFailed
      .release({ tenantId: lease.tenantId, generationId: lease.generationId, fence: lease.fence }, GIVE_UP_REASON)
      .catch((error: unknown) => this.logger.error('a generation that lost too many leases could not be released', error))
      .finally(() => this.releasing.delete(key));
  }

  private async askForRuns(nowMs: number): Promise<void> {
    if (this.leases.oldestWithoutRunMs(nowMs) < ASK_FOR_RUN_AFTER_MS || nowMs - this.askedForRunsAtMs < ASK_FOR_RUNS_EVERY_MS) return;
    this.askedForRunsAtMs = nowMs;
    const waiting = await this.asLeader('runs', (tx) => readLeasesWithoutRun(tx, this.leadership.poolClass));
    this.leases.noteRuns(waiting, nowMs);
  }

  private async freeLanes(): Promise<void> {
    while (this.freed.size > 0) {
      const freed = [...this.freed.values()].slice(0, MAX_LEASES_PER_WRITE);
      const living = await this.asLeader('freed', (tx) => noteFreed(tx, freed));
      for (const each of freed) {
        // One that lives on shall fail or settle; its node repeats `freed` until that is done.
        if (living.has(leaseKeyOf(each))) this.freed.delete(leaseKeyOf(each));
        else this.answerFreed(each);
      }
    }
  }

  private answerFreed(freed: Freed): void {
    if (this.index.findLease(freed)?.nodeId === freed.nodeId) this.noteFreed(freed);
    if (this.roster.has(freed.nodeId)) this.roster.strangerGone(freed.nodeId, freed);
    this.acknowledgeFreed(freed);
  }

  private acknowledgeFreed({ nodeId, tenantId, generationId, fence }: Freed): void {
    const lease = { tenantId, generationId, fence };
    this.freed.delete(leaseKeyOf(lease));
    this.roster.linkOf(nodeId)?.send({ type: 'freed_noted', ...lease });
  }

  private tellDying(): void {
    const nowMs = this.nowMs();
    for (const dying of this.leases.toTell(nowMs)) {
      const link = this.roster.linkOf(dying.nodeId);
      if (!link) continue;
      const { tenantId, generationId, fence } = dying.lease;
      link.send({ type: 'recall', tenantId, generationId, fence, reason: dying.reason });
      dying.toldAtMs = nowMs;
    }
  }

  private tellStrangers(): void {
    const strangers = this.strangers;
    this.strangers = [];
    for (const began of strangers) {
      const { nodeId, tenantId, generationId, fence } = began;
      const living = this.leases.find(began);
      if (living?.nodeId === nodeId) this.noteBegan(living, began);
      else this.roster.linkOf(nodeId)?.send({ type: 'recall', tenantId, generationId, fence, reason: 'ended' });
    }
  }

  /** Last in a turn: nothing waits for it. */
  private async showLanes(): Promise<void> {
    const write = this.laneRecord.due(this.nowMs(), this.parts.clock.wallMs());
    if (write) await this.asLeader('lanes', write);
  }

  private async planAdmissions(): Promise<{ admit: readonly Admission[]; plannedAtMs: number }> {
    const plannedAtMs = this.parts.clock.wallMs();
    if (this.pauses.isPoolPaused || this.leases.isStalled(this.nowMs()) || !this.leadership.isHeld) return { admit: [], plannedAtMs };
    this.index.apply({ type: 'clock', now: plannedAtMs });
    const { admit, recall } = plan(this.index, plannedAtMs, MAX_ADMISSIONS_PER_PLAN);
    // Recalls first: their lanes are waited for, and by owners.
    if (recall.length > 0) await this.recall(recall, plannedAtMs);
    return { admit, plannedAtMs };
  }

  /** Commits what was planned and learns what others have committed. One transaction for both: under load every round trip is time that lanes idle. */
  private async exchange({ admit, plannedAtMs }: { admit: readonly Admission[]; plannedAtMs: number }): Promise<void> {
    const takesChanges = this.hasNewChanges;
    const headsWanted = this.index.queuesToRefill().slice(0, MAX_QUEUES_PER_REFILL);
    if (admit.length === 0 && !takesChanges && headsWanted.length === 0) return;
    this.hasNewChanges = false;
    const { fences, changes, heads } = await this.asLeader('exchange', (tx) =>
      exchange(tx, this.leadership, { admit, takesChanges, headsWanted }, this.parts.clock.wallMs()),
    );
    for (const admission of admit) this.noteAdmitted(admission, fences.get(admission.generationId), plannedAtMs);
    for (const change of changes) this.applyCommitted(change);
    for (const change of heads) this.index.apply(this.pauses.seen(change));
    if (changes.length === MAX_CHANGES_PER_READ) this.hasNewChanges = true;
    if (admit.length + changes.length + heads.length > 0) this.wake(); // there may be more to plan
  }

  /** Takes lanes back for the owners of units. Nothing went wrong: it does not count as lost, and finished stages are kept. */
  private async recall(recalls: readonly Recall[], plannedAtMs: number): Promise<void> {
    const nowMs = this.nowMs();
    const due = recalls.flatMap(({ tenantId, generationId, fence, ownerId }) => {
      const living = this.leases.find({ tenantId, generationId, fence });
      return living && living.triableAtMs <= nowMs ? [{ living, ownerId }] : [];
    });
    if (due.length === 0) return;
    const outcomes = await this.asLeader('recall', (tx) =>
      takeBack(
        tx,
        due.map(({ living }) => ({ lease: living.lease, isLost: false, isFreed: false, endReason: 'recalled' })),
        plannedAtMs,
      ),
    );
    for (const { living, ownerId } of due) {
      const { lease, nodeId } = living;
      const result = outcomes.get(leaseKeyOf(lease));
      living.triableAtMs = this.nowMs() + TRY_AGAIN_AFTER_MS; // nearly done: its settle frees the lanes, or its end is about to be read
      if (result?.outcome !== 'taken_back') continue;
      this.logger.log('recalled', { generationId: lease.generationId, fence: lease.fence, nodeId, ownerId });
      this.noteEnded({ lease, ranMs: 0, reason: 'recalled' });
      const heldBack = { ownerId, untilMs: plannedAtMs + NOT_LENT_AGAIN_MS };
      this.index.apply(this.pauses.seen({ type: 'queued', generation: { ...result.generation, heldBack } }));
    }
    this.tellDying();
  }

  private noteAdmitted(admission: Admission, fence: string | undefined, plannedAtMs: number): void {
    const { tenantId, generationId, nodeId, estimatedMs } = admission;
    const generation = this.index.waitingGeneration(generationId);
    if (fence === undefined) this.forecasts.left(generationId);
    else this.forecasts.started(generationId, plannedAtMs);
    if (!generation || fence === undefined) {
      this.index.apply({ type: 'left', generationId }); // cancelled meanwhile: the lane is for the next
      return;
    }
    const { traceparent, queuedAt } = generation;
    const labels = { pool_class: this.leadership.poolClass, service_tier: generation.tier };
    startsTotal.inc(labels);
    queueWaitSeconds.observe(labels, Math.max(0, plannedAtMs - queuedAt) / 1_000);
    const lease = { tenantId, generationId, fence };
    this.index.apply({ type: 'leased', lease: { ...generation, ...admission, fence, startedAt: plannedAtMs } });
    const admittedAtMs = this.nowMs();
    this.leases.add({ lease, nodeId, admittedAtMs, expiresAtMs: admittedAtMs + leaseLimitMs(estimatedMs), isBegun: false }, false);

    const attributes = { 'halogen.generation.id': generationId, 'halogen.fence': fence, 'halogen.node.id': nodeId };
    const plannedAt = new Date(plannedAtMs);
    recordSpan('queue', { parent: traceparent, startTime: new Date(Math.min(queuedAt, plannedAtMs)), endTime: plannedAt, attributes });
    recordSpan('admit', { parent: traceparent, startTime: plannedAt, endTime: new Date(this.parts.clock.wallMs()), attributes });
  }

  private noteBegan(living: LivingLease, began: Began): void {
    const key = leaseKeyOf(began);
    if (living.isBegun || this.beginning.has(key)) return;
    this.beginning.add(key);
    this.begins
      .add(began)
      .then(() => this.leases.began(living, this.nowMs()))
      .catch((error: unknown) => this.logger.warn('a beginning could not be noted, its next stage or heartbeat says it again', error))
      .finally(() => this.beginning.delete(key));
  }

  private noteEnded({ lease, ranMs, reason, recall }: { lease: LeaseRef; ranMs: number; reason: EndReason; recall?: RecallReason }): void {
    const known = this.index.findLease(lease);
    if (!known) return;
    // A lease that went on after a checkpoint ran only part of the stages: it teaches no run time.
    const change: Change = { type: 'ended', lease, ranMs, wasWhole: reason === 'settled' && lease.fence === '1' && ranMs > 0 };
    this.index.apply(change);
    this.leases.ended(lease, known.nodeId, recall ?? recallReasonOf(reason));
  }

  private noteFreed(lease: LeaseRef): void {
    this.index.apply({ type: 'freed', lease });
    this.leases.freed(lease);
  }

  private asLeader<T>(name: string, work: (tx: HotTx) => Promise<T>): Promise<T> {
    return asLeader(this.parts.db, this.leadership, name, work);
  }

  private nowMs(): number {
    return this.parts.clock.monotonicMs();
  }
}

function aLoading(): PromiseWithResolvers<void> {
  const loading = Promise.withResolvers<void>();
  loading.promise.catch(() => {}); // nobody may be waiting for it
  return loading;
}

function recallReasonOf(reason: EndReason): RecallReason {
  if (reason === 'cancelled' || reason === 'taken_back' || reason === 'recalled') return reason;
  return 'ended';
}
