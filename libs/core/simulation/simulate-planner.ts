import type { NodeFacts } from '#core/scheduling/changes';
import { expectStart } from '#core/scheduling/explain';
import { Heap } from '#core/scheduling/heap';
import { NOT_LENT_AGAIN_MS } from '#core/scheduling/limits';
import { type Admission, plan, type Recall } from '#core/scheduling/plan';
import { SchedulingIndex } from '#core/scheduling/scheduling-index';
import { type GivenForecast, StartCalibration } from '#core/scheduling/start-calibration';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';
import { ResidentModels } from '#core/simulation/resident-models';
import { type Attempt, type JobHistory, type Simulated, type SimulatedJob } from '#core/simulation/simulated-job';

export interface SimulationSettings {
  lanes: number;
  nodes: number;
  modelsPerNode: number;
  /** Tenant → units. Their jobs ask for `spillover`, those of all others for `shared`. */
  units: ReadonlyMap<string, number>;
  /** Without: a tenant below its guarantee goes first, but waits for a lane. */
  recalls: boolean;
  /** Without: the planner is not told which models are where. */
  residency: boolean;
  /** Charged per recall: the recalled job holds its next lanes so much longer, for its model is loaded anew. */
  reloadMs: number;
  /** Expected run time before the first run of a model has ended. */
  firstEstimateMs: number;
  /** For measuring only. */
  stopwatch(): number;
}

/** Almost no wait says nothing about long ones. */
const LEARN_FROM_MS = 1_000;

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

  constructor(
    private readonly jobs: readonly SimulatedJob[],
    private readonly settings: SimulationSettings,
  ) {
    this.histories = jobs.map((job) => ({ job, attempts: [] }));
    this.models = new ResidentModels(settings.modelsPerNode);
    const { lanes } = settings;
    this.outcome = { histories: this.histories, lanes, recalls: 0, lostLaneMs: 0, starts: 0, modelMisses: 0, decisions: 0, decidingMs: 0 };
    for (let node = 0; node < settings.nodes; node += 1) this.index.apply({ type: 'node', node: this.nodeFacts(`n${node}`) });
    for (const [tenantId, units] of settings.units) this.index.apply({ type: 'units', tenantId, units });
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
        this.index.apply({ type: 'queued', generation: this.waitingOf(nextJob, now) });
        arrived.push(nextJob);
      }
      for (let wake = this.wakes.best(); wake && wake.at <= now; wake = this.wakes.best()) this.wakes.takeBest();
      this.index.apply({ type: 'clock', now });
      this.planAt(now);
      const decidedAt = this.settings.stopwatch();
      this.noteMisses(now);
      this.forecast(arrived, now);
      this.outcome.decidingMs += decidedAt - began;
    }
    if (this.histories.some(({ attempts }) => attempts.at(-1)?.wasRecalled !== false)) throw new Error('a job never ran to its end');
    return this.outcome;
  }

  private planAt(now: number): void {
    for (;;) {
      const { admit, recall } = plan(this.index, now);
      for (const admission of admit) this.start(admission, now);
      const recalls = this.settings.recalls ? recall : [];
      for (const each of recalls) this.recall(each, now);
      this.outcome.decisions += admit.length + recalls.length;
      if (admit.length + recalls.length === 0) return;
    }
  }

  /** What a customer who asks right after the submit would be told. */
  private forecast(arrived: readonly number[], now: number): void {
    for (const job of arrived) {
      const head = this.index.waitingHead(idOf(job));
      const expected = head && expectStart(this.index, head, now);
      if (!expected) continue;
      const interval = this.calibration.interval(expected.waitMs, expected.turnsAway);
      for (const end of ['p50', 'p90'] as const) this.dueStarts.add({ job, end, at: now + interval[`${end}Ms`] });
      this.expected.set(job, { expectedMs: expected.waitMs, turnsAway: expected.turnsAway, ...interval });
      const plainMs = (this.index.waitingCount * this.index.meanRunLaneMs) / this.settings.lanes;
      (this.histories[job] as JobHistory).forecast = { ...interval, plainMs };
    }
  }

  private noteMisses(now: number): void {
    for (let due = this.dueStarts.best(); due && due.at < now; due = this.dueStarts.best()) {
      this.dueStarts.takeBest();
      const given = this.expected.get(due.job);
      if (given && given.expectedMs > LEARN_FROM_MS) this.calibration.missed(given, due.end);
    }
  }

  private start(admission: Admission, now: number): void {
    const generation = this.index.waitingGeneration(admission.generationId) as WaitingGeneration;
    const job = Number(admission.generationId);
    const { runMs, model, submittedAt } = this.jobs[job] as SimulatedJob;
    const history = this.histories[job] as JobHistory;
    const fence = String(history.attempts.length + 1);
    this.index.apply({ type: 'leased', lease: { ...generation, ...admission, fence, startedAt: now } });
    const attempt: Attempt = { startedAt: now, endedAt: now, wasRecalled: false };
    history.attempts.push(attempt);
    const given = this.expected.get(job);
    this.expected.delete(job);
    if (given && given.expectedMs > LEARN_FROM_MS) this.calibration.started(given, now - submittedAt);
    const reloadMs = history.attempts.length > 1 ? this.settings.reloadMs : 0;
    const running = { job, admission, fence, endsAt: now + reloadMs + runMs, attempt };
    this.running.set(admission.generationId, running);
    this.ends.add(running);
    this.outcome.starts += 1;
    if (this.models.use(admission.nodeId, model)) return;
    this.outcome.modelMisses += 1;
    if (this.settings.residency) this.index.apply({ type: 'node', node: this.nodeFacts(admission.nodeId) });
  }

  private end(ended: Running): void {
    const { admission, fence, attempt, endsAt, job } = ended;
    this.ends.remove(ended);
    this.running.delete(admission.generationId);
    attempt.endedAt = endsAt;
    this.outcome.lostLaneMs += (endsAt - attempt.startedAt - (this.jobs[job] as SimulatedJob).runMs) * admission.laneIds.length;
    const lease = { tenantId: admission.tenantId, generationId: admission.generationId, fence };
    this.index.apply({ type: 'ended', lease, ranMs: (this.jobs[job] as SimulatedJob).runMs, wasWhole: true });
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
    this.index.apply({ type: 'queued', generation: { ...this.waitingOf(job, now), heldBack: { ownerId, untilMs } } });
    this.wakes.add({ at: untilMs });
  }

  private waitingOf(job: number, now: number): WaitingGeneration {
    const { tenantId, model, lanes, submittedAt } = this.jobs[job] as SimulatedJob;
    return {
      tenantId,
      generationId: idOf(job),
      tier: this.settings.units.has(tenantId) ? 'spillover' : 'shared',
      model,
      outputKey: '',
      burnLaneMs: this.settings.firstEstimateMs * lanes,
      gangLanes: lanes,
      priority: 0,
      startBy: null,
      completeBy: null,
      createdAt: submittedAt,
      queuedAt: now,
      traceparent: null,
      placement: {},
    };
  }

  private nodeFacts(nodeId: string): NodeFacts {
    const { lanes, nodes, residency } = this.settings;
    const laneIds = Array.from({ length: lanes / nodes }, (_, lane) => `${nodeId}/${lane}`);
    const residentModels = residency ? this.models.of(nodeId) : [];
    return { nodeId, siteId: 'site', region: 'region', jurisdiction: 'jurisdiction', laneIds, residentModels, isUsable: true };
  }
}

function idOf(job: number): string {
  return String(job).padStart(8, '0');
}
