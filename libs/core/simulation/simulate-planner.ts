import type { NodeFacts } from '#core/scheduling/changes';
import { expectStart } from '#core/scheduling/explain';
import { Heap } from '#core/scheduling/heap';
import { NOT_LENT_AGAIN_MS } from '#core/scheduling/limits';
import { type Admission, plan, type Recall } from '#core/scheduling/plan';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { type GivenForecast, StartCalibration } from '#core/scheduling/start-calibration';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';
import { lanesOf, type SimulatedNode } from '#core/simulation/fleet';
import { ResidentModels } from '#core/simulation/resident-models';
import { type Attempt, type JobHistory, type Simulated, type SimulatedJob, wasServed } from '#core/simulation/simulated-job';
import { StoredQueues } from '#core/simulation/stored-queues';

export interface SimulationSettings {
  fleet: readonly SimulatedNode[];
  modelsPerNode: number;
  /** Tenant → units. Their jobs ask for `spillover` unless they name a tier, those of all others for `shared`. */
  units: ReadonlyMap<string, number>;
  /** Tenant → weight of its share; 1 unless told. */
  weights?: ReadonlyMap<string, number>;
  /** Without: a tenant below its guarantee goes first, but waits for a lane. */
  recalls: boolean;
  /** Without: the planner is not told which models are where. */
  residency: boolean;
  /** Without: nobody asks when a job will start, which costs more than the planning itself. */
  forecasts?: boolean;
  /** Charged per recall: the recalled job holds its next lanes so much longer, for its model is loaded anew. */
  reloadMs: number;
  /** Expected run time before the first run of a model has ended. */
  firstEstimateMs: number;
  /** For measuring only. */
  stopwatch(): number;
  /** Told now and then how many jobs have ended. */
  onProgress?(endedJobs: number): void;
}

const PROGRESS_EVERY_JOBS = 500;

interface Running {
  job: number;
  admission: Admission;
  fence: string;
  endsAt: number;
  attempt: Attempt;
}

/** Runs the real planner over a trace in simulated time: what happens at one moment is applied first, then planned until nothing more follows. */
export function simulatePlanner(jobs: readonly SimulatedJob[], settings: SimulationSettings): Simulated {
  return new PlannerSimulation(jobs, settings).run();
}

class PlannerSimulation {
  private readonly index = new SchedulingIndex();
  /** All that waits, for the index holds the heads of queues only. */
  private readonly store = new StoredQueues();
  private readonly nodes: ReadonlyMap<string, SimulatedNode>;
  private readonly lanes: number;
  private readonly histories: JobHistory[];
  private readonly ends = new Heap<Running>((one, other) =>
    one.endsAt === other.endsAt ? one.job < other.job : one.endsAt < other.endsAt,
  );
  private readonly running = new Map<string, Running>();
  /** When a held back job may be lent the owner's lanes again. */
  private readonly wakes = new Heap<{ at: number }>((one, other) => one.at < other.at);
  private readonly dueStarts = new Heap<{ job: number; end: 'p50' | 'p90'; at: number }>((one, other) => one.at < other.at);
  private readonly models: ResidentModels;
  private readonly calibration = new StartCalibration();
  /** What was told of jobs that have not started. */
  private readonly expected = new Map<number, GivenForecast>();
  private readonly outcome: Simulated;
  private endedJobs = 0;

  constructor(
    private readonly jobs: readonly SimulatedJob[],
    private readonly settings: SimulationSettings,
  ) {
    this.histories = jobs.map((job) => ({ job, attempts: [] }));
    this.models = new ResidentModels(settings.modelsPerNode);
    this.nodes = new Map(settings.fleet.map((node) => [node.nodeId, node]));
    this.lanes = lanesOf(settings.fleet);
    this.outcome = {
      histories: this.histories,
      lanes: this.lanes,
      recalls: 0,
      lostLaneMs: 0,
      borrowedLaneMs: 0,
      starts: 0,
      modelMisses: 0,
      decisions: 0,
      decidingMs: 0,
      unserved: 0,
    };
    for (const node of settings.fleet) this.index.apply({ type: 'node', node: this.nodeFacts(node) });
    for (const [tenantId, units] of settings.units) this.index.apply({ type: 'units', tenantId, units });
    for (const [tenantId, weight] of settings.weights ?? []) this.index.apply({ type: 'weight', tenantId, weight });
  }

  run(): Simulated {
    let nextJob = 0;
    for (;;) {
      const now = Math.min(
        this.jobs[nextJob]?.submittedAt ?? Number.POSITIVE_INFINITY,
        this.ends.best()?.endsAt ?? Number.POSITIVE_INFINITY,
        this.wakes.best()?.at ?? Number.POSITIVE_INFINITY,
      );
      if (now === Number.POSITIVE_INFINITY) break;
      const arrived: number[] = [];
      const began = this.settings.stopwatch();
      for (let ended = this.ends.best(); ended && ended.endsAt <= now; ended = this.ends.best()) this.end(ended);
      for (; (this.jobs[nextJob]?.submittedAt ?? Number.POSITIVE_INFINITY) <= now; nextJob += 1) {
        this.queue(this.waitingOf(nextJob, now));
        arrived.push(nextJob);
      }
      for (let wake = this.wakes.best(); wake && wake.at <= now; wake = this.wakes.best()) this.wakes.takeBest();
      this.index.apply({ type: 'clock', now });
      this.planAt(now);
      const decidedAt = this.settings.stopwatch();
      this.noteMisses(now);
      if (this.settings.forecasts !== false) this.forecast(arrived, now);
      this.outcome.decidingMs += decidedAt - began;
    }
    const served = this.histories.filter(wasServed);
    return { ...this.outcome, histories: served, unserved: this.histories.length - served.length };
  }

  private queue(generation: WaitingGeneration): void {
    this.store.add(generation);
    this.index.apply({ type: 'queued', generation });
  }

  private planAt(now: number): void {
    for (;;) {
      const { admit, recall } = plan(this.index, now);
      for (const admission of admit) this.start(admission, now);
      const recalls = this.settings.recalls ? recall : [];
      for (const each of recalls) this.recall(each, now);
      this.outcome.decisions += admit.length + recalls.length;
      const refills = this.index.queuesToRefill();
      for (const queue of refills) this.index.apply({ type: 'heads', ...queue, ...this.store.heads(queue) });
      if (admit.length + recalls.length + refills.length === 0) return;
    }
  }

  /** What a customer who asks right after the submit would be told. */
  private forecast(arrived: readonly number[], now: number): void {
    for (const job of arrived) {
      const head = this.index.waitingHead(idOf(job));
      const expected = head && expectStart(this.index, head, now);
      if (!expected) continue;
      const interval = this.calibration.interval(expected.waitMs, expected);
      for (const end of ['p50', 'p90'] as const) this.dueStarts.add({ job, end, at: now + interval[`${end}Ms`] });
      const { waitMs: expectedMs, turnsAway, isOnUnits } = expected;
      this.expected.set(job, { expectedMs, turnsAway, isOnUnits, ...interval });
      const plainMs = (this.index.waitingCount * this.index.meanRunLaneMs) / this.lanes;
      (this.histories[job] as JobHistory).forecast = { ...interval, plainMs };
    }
  }

  private noteMisses(now: number): void {
    for (let due = this.dueStarts.best(); due && due.at < now; due = this.dueStarts.best()) {
      this.dueStarts.takeBest();
      const given = this.expected.get(due.job);
      if (given) this.calibration.missed(given, due.end);
    }
  }

  private start(admission: Admission, now: number): void {
    const generation = this.index.waitingGeneration(admission.generationId) as WaitingGeneration;
    const job = Number(admission.generationId);
    const { runMs, model, submittedAt } = this.jobs[job] as SimulatedJob;
    const history = this.histories[job] as JobHistory;
    const fence = String(history.attempts.length + 1);
    this.store.remove(generation);
    this.index.apply({ type: 'leased', lease: { ...generation, ...admission, fence, startedAt: now } });
    const attempt: Attempt = { startedAt: now, endedAt: now, wasRecalled: false };
    history.attempts.push(attempt);
    const given = this.expected.get(job);
    this.expected.delete(job);
    if (given) this.calibration.started(given, now - submittedAt);
    const reloadMs = history.attempts.length > 1 ? this.settings.reloadMs : 0;
    const running = { job, admission, fence, endsAt: now + reloadMs + runMs, attempt };
    this.running.set(admission.generationId, running);
    this.ends.add(running);
    this.outcome.starts += 1;
    if (this.models.use(admission.nodeId, model)) return;
    this.outcome.modelMisses += 1;
    const node = this.nodes.get(admission.nodeId) as SimulatedNode;
    if (this.settings.residency) this.index.apply({ type: 'node', node: this.nodeFacts(node) });
  }

  private end(ended: Running): void {
    const { admission, fence, attempt, endsAt, job } = ended;
    this.ends.remove(ended);
    this.running.delete(admission.generationId);
    attempt.endedAt = endsAt;
    const { runMs } = this.jobs[job] as SimulatedJob;
    this.outcome.lostLaneMs += (endsAt - attempt.startedAt - runMs) * admission.laneIds.length;
    if (admission.servedFrom !== 'own') this.outcome.borrowedLaneMs += runMs * admission.laneIds.length;
    this.endedJobs += 1;
    if (this.endedJobs % PROGRESS_EVERY_JOBS === 0) this.settings.onProgress?.(this.endedJobs);
    const lease = { tenantId: admission.tenantId, generationId: admission.generationId, fence };
    this.index.apply({ type: 'ended', lease, ranMs: runMs, wasWhole: true });
    this.index.apply({ type: 'freed', lease });
  }

  /** A backend that stops at once. The job begins anew: a trace has no stages. */
  private recall({ tenantId, generationId, fence, ownerId }: Recall, now: number): void {
    const { admission, attempt, job } = this.running.get(generationId) as Running;
    this.ends.remove(this.running.get(generationId) as Running);
    this.running.delete(generationId);
    attempt.endedAt = now;
    attempt.wasRecalled = true;
    const ranMs = now - attempt.startedAt;
    this.outcome.recalls += 1;
    this.outcome.lostLaneMs += ranMs * admission.laneIds.length;
    const lease = { tenantId, generationId, fence };
    this.index.apply({ type: 'ended', lease, ranMs, wasWhole: false });
    this.index.apply({ type: 'freed', lease });
    const untilMs = now + NOT_LENT_AGAIN_MS;
    this.queue({ ...this.waitingOf(job, now), heldBack: { ownerId, untilMs } });
    this.wakes.add({ at: untilMs });
  }

  private waitingOf(job: number, now: number): WaitingGeneration {
    const { tenantId, model, lanes, submittedAt, tier, priority, outputKey } = this.jobs[job] as SimulatedJob;
    return {
      tenantId,
      generationId: idOf(job),
      tier: tier ?? (this.settings.units.has(tenantId) ? 'spillover' : 'shared'),
      model,
      outputKey: outputKey ?? '',
      burnLaneMs: this.settings.firstEstimateMs * lanes,
      gangLanes: lanes,
      priority: priority ?? 0,
      startBy: null,
      completeBy: null,
      createdAt: submittedAt,
      queuedAt: now,
      traceparent: null,
      placement: {},
    };
  }

  private nodeFacts({ nodeId, siteId, lanes }: SimulatedNode): NodeFacts {
    const laneIds = Array.from({ length: lanes }, (_, lane) => `${nodeId}/${lane}`);
    const residentModels = this.settings.residency ? this.models.of(nodeId) : [];
    return { nodeId, siteId, region: 'region', jurisdiction: 'jurisdiction', laneIds, residentModels, isUsable: true };
  }
}

function idOf(job: number): string {
  return String(job).padStart(8, '0');
}
