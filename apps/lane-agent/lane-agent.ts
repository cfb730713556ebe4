import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { AgentSettings } from '#apps/lane-agent/agent-settings';
import { FreedNotices } from '#apps/lane-agent/freed-notices';
import { LanePool } from '#apps/lane-agent/lane-pool';
import { LEAVE_LIMIT_MS } from '#apps/lane-agent/limits';
import { SchedulerLink, type SchedulerListener } from '#apps/lane-agent/scheduler-link';
import { StageActivity } from '#apps/lane-agent/stage-activity';
import { type StageRun, StageRuns } from '#apps/lane-agent/stage-runs';
import { WorkDirs } from '#apps/lane-agent/work-dirs';
import { WorkOrders } from '#apps/lane-agent/work-orders';
import type { AgentMessage, SchedulerMessage } from '#contracts/lanes/messages';
import { laneQueueOf } from '#contracts/lanes/task-queues';
import type { LeaseRef } from '#core/generations/lease';
import { TemporalConnection } from '#platform/temporal/temporal-connection';
import { TemporalWorker } from '#platform/temporal/temporal-worker';

/** One GPU node: offers its lanes to the scheduler, runs the stages that Temporal brings, and gives lanes back when told. */
export class LaneAgent implements SchedulerListener, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly lanes: LanePool;
  private readonly logger = new Logger(LaneAgent.name);
  private readonly runs = new StageRuns();
  private readonly freed = new FreedNotices();
  private readonly link: SchedulerLink;
  private readonly temporal: TemporalConnection;
  private readonly worker: TemporalWorker;
  private readonly workDirs: WorkDirs;
  private readonly activity: StageActivity;
  private leaving = false;

  constructor(private readonly settings: AgentSettings) {
    const { nodeId, laneCount } = settings;
    const laneIds = Array.from({ length: laneCount }, (_, ordinal) => `${nodeId}/${ordinal}`);
    this.lanes = new LanePool({ ...settings, laneIds });
    this.link = new SchedulerLink({ ...settings, urls: settings.schedulerUrls }, this);
    this.workDirs = new WorkDirs(settings.agentDir, nodeId);
    this.activity = new StageActivity(this.runs, this.link, new WorkOrders(settings), this.lanes, this.workDirs);
    this.temporal = new TemporalConnection({ address: settings.temporalAddress, namespace: settings.temporalNamespace });
    this.worker = new TemporalWorker(this.temporal, () => ({
      taskQueue: laneQueueOf(nodeId),
      identity: `lane-agent ${nodeId}`,
      activities: { runLaneStage: this.activity.runLaneStage },
      maxConcurrentActivityTaskExecutions: laneCount,
    }));
  }

  /** Registers only once stages can arrive: a lane that is offered before that would cost each lease its schedule-to-start limit. */
  async onApplicationBootstrap(): Promise<void> {
    await this.workDirs.prepare();
    this.worker.start();
    this.temporal.ready().then(
      () => !this.leaving && this.link.start(),
      () => undefined, // closed before it stood
    );
  }

  /** Gives every lane back and ends, in less than 5 s whatever else is stuck. */
  async beforeApplicationShutdown(): Promise<void> {
    const limit = new AbortController();
    const leaving = this.leave().catch((error: unknown) => this.logger.error('Leaving failed.', error));
    await Promise.race([leaving, delay(LEAVE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined)]);
    limit.abort();
    this.link.close();
    await this.lanes.close();
  }

  /** For health. */
  async checkTemporal(): Promise<void> {
    await this.worker.check();
    await this.temporal.check();
  }

  /** For health. */
  async checkScheduler(): Promise<void> {
    if (!this.link.isRegistered) throw new Error('no scheduler has registered this node');
  }

  registration(): AgentMessage & { type: 'register' } {
    return {
      type: 'register',
      lanes: this.lanes.laneIds.map((laneId) => ({ laneId })),
      poolClass: this.settings.poolClass,
      residentModels: this.lanes.residentModels(),
      living: this.runs.running().map(({ lease }) => lease),
    };
  }

  heartbeat(): AgentMessage & { type: 'heartbeat' } {
    for (const lease of this.freed.unanswered()) this.link.send({ type: 'freed', ...lease });
    const progress = this.runs.running().map(({ lease, input: { stage }, fraction }) => ({ ...lease, stage, fraction }));
    return { type: 'heartbeat', residentModels: this.lanes.residentModels(), progress };
  }

  hear(message: SchedulerMessage): void {
    if (message.type === 'registered') this.whenRegistered(message.kill);
    else if (message.type === 'recall') void this.giveBack(message, message.reason);
    else if (message.type === 'drain') this.runs.refuseStages('the node is drained');
    else if (message.type === 'freed_noted') this.freed.noted(message);
  }

  /** The scheduler is about to give these leases away, or cannot say whose they are: better no work than the same work twice. */
  alone(): void {
    this.logger.warn('No scheduler was heard for too long: the lanes stop.');
    for (const { lease } of this.runs.running()) void this.giveBack(lease, 'the node was alone');
    void this.lanes.killRunning();
  }

  private whenRegistered(kill: readonly LeaseRef[]): void {
    // A drain is the leader's to say again: it ends with the registration it was said to.
    if (!this.leaving) this.runs.takeStages();
    for (const lease of kill) void this.giveBack(lease, 'it was taken back');
    for (const lease of this.freed.unanswered()) this.link.send({ type: 'freed', ...lease });
    for (const run of this.runs.running()) this.repeatBegan(run);
  }

  /** `began` has no answer of its own; it may have been said to a stream that was gone. */
  private repeatBegan({ began, signal, lease, input: { stage } }: StageRun): void {
    if (began && !signal.aborted) this.link.send({ type: 'began', ...lease, stage });
  }

  private async giveBack({ tenantId, generationId, fence }: LeaseRef, why: string): Promise<void> {
    const lease = { tenantId, generationId, fence };
    await this.runs.lose(lease, why);
    this.freed.add(lease);
    this.link.send({ type: 'freed', ...lease });
  }

  private async leave(): Promise<void> {
    this.leaving = true;
    this.runs.refuseStages('the node is leaving');
    this.link.send({ type: 'leaving' });
    await Promise.all(this.runs.running().map(({ lease }) => this.giveBack(lease, 'the node is leaving')));
    await this.worker.stop();
    await this.temporal.close();
  }
}
