import { setTimeout as pause } from 'node:timers/promises';
import { v7 as newId } from 'uuid';
import type { BenchContext } from '#bench/bench';
import type { BenchDatabase } from '#bench/database';
import { aFleet, type FleetNode, sellUnits } from '#bench/lanes/fleet';
import { LanePlayer, type PlayedLease } from '#bench/lanes/lane-player';
import { startScheduler } from '#bench/lanes/scheduler-process';
import { SimulatedAgent } from '#bench/lanes/simulated-agent';
import { benchTenants } from '#bench/ledger/tenants';
import type { LiveAttempt, LiveHistory } from '#bench/live/live-attempt';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { LeaseRef } from '#core/generations/lease';
import type { SimulatedJob } from '#core/simulation/simulated-job';
import { type SubmitCommand, submitAll } from '#features/generations/submit-group';
import { HotPool } from '#platform/database/hot-pool';
import { KeyedGroups } from '#platform/database/keyed-groups';
import { anImage } from '#testing/builders';

/** A job in real time: milliseconds from the run's start. */
export interface LiveJob extends SimulatedJob {
  priority: number;
}

export interface LivePool {
  poolClass: string;
  nodes: number;
  lanesPerNode: number;
  /** Tenant → units, 0 for those without. Every tenant belongs to one pool class. */
  tenants: ReadonlyMap<string, number>;
}

export interface LiveSettings {
  pools: readonly LivePool[];
  jobs: readonly LiveJob[];
  /** What a run is expected to take before one of its kind has ended. */
  firstEstimateMs: number;
  traceEndpoint: string;
  /** One leads, the others stand by; one unless told. */
  schedulers?: number;
  /** Done beside the load, such as to kill what carries it. */
  meanwhile?(disturb: Disturb): Promise<void>;
}

/** What can be done to a run while it plays. */
export interface Disturb {
  nowMs(): number;
  /** Takes the power from a node. */
  loseNode(nodeId: string): void;
}

export interface LiveOutcome {
  histories: LiveHistory[];
  /** From the first arrival until the last end. */
  wallMs: number;
  recalls: number;
  lostLaneMs: number;
  submits: number;
}

const SUBMITS_AT_ONCE = 1_000;
const SUBMITS_IN_FLIGHT = 2;
const LOOK_EVERY_MS = 20;
/** A run that does not end is a bug: better an error than a benchmark that hangs. */
const LONGEST_AFTER_LAST_ARRIVAL_MS = 900_000;

export const LIVE_REPLACED =
  'replaced: HTTP edge (grouped submits are committed by this process), workflow and lane agent (a player holds the lanes and commits the settle)';

/** Runs jobs through the platform: grouped submit, Postgres, leader, leases, outbox, settle. */
export async function liveRun(
  context: Pick<BenchContext, 'supervisor' | 'homeDir' | 'report'>,
  database: BenchDatabase,
  settings: LiveSettings,
): Promise<LiveOutcome> {
  await using run = await LiveRun.over(context, database, settings);
  return await run.play();
}

class LiveRun implements AsyncDisposable {
  private readonly histories: LiveHistory[];
  private readonly jobOf = new Map<string, number>();
  private readonly attempts = new Map<string, LiveAttempt>();
  private readonly lanesOf = new Map<string, readonly string[]>();
  /** Lanes that were taken back and not leased since. */
  private readonly recalledAt = new Map<string, number>();
  private readonly outcome: LiveOutcome;
  private readonly player: LanePlayer;
  private readonly api: HotPool;
  private readonly submits: KeyedGroups<SubmitCommand, unknown>;
  private readonly agents = new Map<string, SimulatedAgent>();
  private startedAtMs = 0;
  private ended = 0;
  private failure: unknown;

  private constructor(
    private readonly context: Pick<BenchContext, 'supervisor' | 'homeDir' | 'report'>,
    database: BenchDatabase,
    private readonly settings: LiveSettings,
    private readonly tenantIds: ReadonlyMap<string, string>,
  ) {
    this.histories = settings.jobs.map((job) => ({ job, attempts: [] }));
    this.outcome = { histories: this.histories, wallMs: 0, recalls: 0, lostLaneMs: 0, submits: 0 };
    this.api = new HotPool({ url: database.databaseApiUrl, applicationName: 'halogen-bench-submit', maxConnections: 3 });
    this.submits = new KeyedGroups({
      name: 'submit',
      groups: SUBMITS_IN_FLIGHT,
      keyOf: ({ tenantId }) => tenantId,
      maxCommands: SUBMITS_AT_ONCE,
      maxWaiting: settings.jobs.length + 1,
      run: (commands, again) =>
        this.api.transaction(
          'submit',
          commands.map(({ tenantId }) => tenantId),
          (tx) => submitAll(tx, commands, again),
        ),
    });
    this.player = new LanePlayer({
      controlUrl: database.databaseControlUrl,
      runMsOf: (lease) => this.jobOfLease(lease).runMs,
      agentOf: (nodeId) => this.agents.get(nodeId),
      onStarted: (lease) => this.started(lease),
      onSettled: (lease) => this.settled(lease),
      onLost: (lease) => this.takenBack(lease),
    });
  }

  static async over(
    context: Pick<BenchContext, 'supervisor' | 'homeDir' | 'report'>,
    database: BenchDatabase,
    settings: LiveSettings,
  ): Promise<LiveRun> {
    const names = settings.pools.flatMap(({ tenants }) => [...tenants.keys()]);
    context.report(`making ${names.length} tenants and ${settings.pools.length} pool classes`);
    const made = await benchTenants(database.databaseControlUrl, names.length);
    const tenantIds = new Map(names.map((name, at) => [name, made[at]?.tenantId as string]));
    const run = new LiveRun(context, database, settings, tenantIds);
    const fleet: FleetNode[] = [];
    for (const { poolClass, nodes, lanesPerNode, tenants } of settings.pools) {
      fleet.push(...(await aFleet(database.ownerUrl, { poolClass, nodes, lanesPerNode })));
      const units = [...tenants].flatMap(([name, each]): [string, number][] => (each > 0 ? [[tenantIds.get(name) as string, each]] : []));
      await sellUnits(database.ownerUrl, poolClass, new Map(units));
    }
    const urls: string[] = [];
    for (const name of run.schedulerNames())
      urls.push((await startScheduler(context, database, { name, traceEndpoint: settings.traceEndpoint })).url);
    for (const node of fleet) run.agents.set(node.nodeId, new SimulatedAgent(node, urls, (lease) => run.stopped(lease)));
    await Promise.all([...run.agents.values()].map((agent) => agent.whenRegistered()));
    return run;
  }

  async play(): Promise<LiveOutcome> {
    const { jobs } = this.settings;
    const poolOf = new Map(this.settings.pools.flatMap((pool) => [...pool.tenants.keys()].map((name) => [name, pool] as const)));
    this.player.start();
    this.context.report(`playing ${jobs.length} jobs`);
    this.startedAtMs = performance.now();
    const disturbed = this.settings.meanwhile?.({ nowMs: () => this.nowMs(), loseNode: (nodeId) => this.agents.get(nodeId)?.die() });
    disturbed?.catch((error: unknown) => {
      this.failure ??= error;
    });
    for (const [at, job] of jobs.entries()) {
      const waitMs = job.submittedAt - this.nowMs();
      if (waitMs > 1) await pause(waitMs);
      this.submit(at, job, poolOf.get(job.tenantId) as LivePool);
    }
    const lastArrivalMs = this.nowMs();
    while (this.ended < jobs.length) {
      await pause(LOOK_EVERY_MS);
      this.check();
      if (this.nowMs() - lastArrivalMs > LONGEST_AFTER_LAST_ARRIVAL_MS) throw new Error(`${jobs.length - this.ended} jobs did not end`);
    }
    await disturbed;
    this.sumUp();
    return this.outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.agents.values()) agent.close();
    await this.player[Symbol.asyncDispose]();
    await this.api.close();
    for (const name of this.schedulerNames()) await this.context.supervisor.dismiss(name);
  }

  private schedulerNames(): string[] {
    return Array.from({ length: this.settings.schedulers ?? 1 }, (_, at) => `scheduler-${at + 1}`);
  }

  private submit(at: number, job: LiveJob, pool: LivePool): void {
    const id = newId();
    this.jobOf.set(id, at);
    this.outcome.submits += 1;
    this.submits.add(this.commandOf(id, job, pool)).then(
      (outcome) => {
        if (typeof outcome === 'object' && outcome !== null && 'refused' in outcome)
          this.failure ??= new Error(`a submit was refused: ${JSON.stringify(outcome)}`);
      },
      (error: unknown) => {
        this.failure ??= error;
      },
    );
  }

  private commandOf(id: string, job: LiveJob, { poolClass, tenants }: LivePool): SubmitCommand {
    const command = anImage(this.tenantIds.get(job.tenantId) as string, { id, surface: 'native' });
    const serviceTier: ServiceTier = (tenants.get(job.tenantId) ?? 0) > 0 ? 'spillover' : 'shared';
    const burnLaneMs = Math.max(1, Math.round(this.settings.firstEstimateMs * job.lanes));
    return {
      ...command,
      wishes: { ...command.wishes, serviceTier, priority: job.priority },
      quote: { ...command.quote, model: job.model, outputKey: '', stages: ['render'], poolClass, gangLanes: job.lanes, burnLaneMs },
    };
  }

  private started(lease: PlayedLease): void {
    const startedAt = lease.readAtMs - this.startedAtMs;
    const admittedAt = lease.admittedAtMs - performance.timeOrigin - this.startedAtMs;
    const attempt: LiveAttempt = {
      startedAt,
      endedAt: startedAt,
      wasRecalled: true,
      admittedAt,
      laneRecalledAt: this.takeRecalledAt(lease),
    };
    this.attempts.set(keyOf(lease), attempt);
    this.lanesOf.set(keyOf(lease), lease.laneIds);
    this.historyOf(lease).attempts.push(attempt);
  }

  /** Wins over a recall that came while the settle was being committed. */
  private settled(lease: PlayedLease): void {
    const attempt = this.attempts.get(keyOf(lease)) as LiveAttempt;
    attempt.endedAt = this.nowMs();
    attempt.wasRecalled = false;
    this.ended += 1;
  }

  /** The scheduler wants the lanes back. */
  private stopped(lease: LeaseRef): void {
    this.player.stop(lease);
    this.takenBack(lease);
  }

  private takenBack(lease: LeaseRef): void {
    const attempt = this.attempts.get(keyOf(lease));
    if (!attempt?.wasRecalled) return;
    attempt.endedAt = this.nowMs();
    for (const laneId of this.lanesOf.get(keyOf(lease)) ?? []) this.recalledAt.set(laneId, attempt.endedAt);
  }

  private takeRecalledAt({ laneIds }: PlayedLease): number | null {
    const recalledAt = laneIds.flatMap((laneId) => this.recalledAt.get(laneId) ?? []);
    for (const laneId of laneIds) this.recalledAt.delete(laneId);
    return recalledAt.length === 0 ? null : Math.max(...recalledAt);
  }

  private sumUp(): void {
    this.outcome.wallMs = Math.max(...this.histories.map(({ attempts }) => attempts.at(-1)?.endedAt ?? 0));
    for (const { job, attempts } of this.histories) {
      for (const { startedAt, endedAt, wasRecalled } of attempts) {
        this.outcome.recalls += Number(wasRecalled);
        this.outcome.lostLaneMs += (endedAt - startedAt - (wasRecalled ? 0 : job.runMs)) * job.lanes;
      }
    }
  }

  private historyOf({ generationId }: LeaseRef): LiveHistory {
    return this.histories[this.jobOf.get(generationId) as number] as LiveHistory;
  }

  private jobOfLease({ generationId }: LeaseRef): LiveJob {
    return this.settings.jobs[this.jobOf.get(generationId) as number] as LiveJob;
  }

  private nowMs(): number {
    return performance.now() - this.startedAtMs;
  }

  private check(): void {
    this.player.check();
    if (this.failure) throw this.failure;
  }
}

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}
