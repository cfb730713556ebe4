import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { StageOutcome } from '#contracts/lanes/work-order';
import type { LaneStage, Stage } from '#core/generations/stages';
import { workflowSpanSinks } from '#platform/temporal/tracing';
import { workflowBundle } from '#platform/temporal/workflow-bundle';
import type { ControlActivities, GenerateInput, LaneActivities, Outcome } from '#workflows/activities';

/** What a bare workflow's activities answer: what those of a real generation left behind. */
export interface BareScript {
  stages: Stage[];
  outcomes: ReadonlyMap<Stage, StageOutcome>;
}

const TASK_QUEUE = 'bench-generations';
const LANE_QUEUE = 'bench-lanes';
const STAGE_TIMEOUT_MS = 120_000;

/**
 * The baseline: the same workflow code on the same Temporal, started eagerly like ours, with the same activities and payloads; but the
 * activities do nothing, and there is neither Postgres nor a scheduler, an API or a node.
 */
export class BareWorkflows implements AsyncDisposable {
  private readonly client: Client;
  private running: Promise<unknown> = Promise.resolve();
  private workers: Worker[] = [];
  private isOpen = false;
  private inFlight = 0;
  private ended = 0;
  private failure: unknown;
  /** Of one that has ended. */
  lastWorkflowId: string | undefined;

  private constructor(
    private readonly connection: NativeConnection,
    private readonly script: BareScript,
  ) {
    this.client = new Client({ connection });
  }

  static async over(address: string, script: BareScript): Promise<BareWorkflows> {
    Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
    const bare = new BareWorkflows(await NativeConnection.connect({ address }), script);
    await bare.startWorkers();
    return bare;
  }

  /** Keeps so many in flight for a while, then lets them end. @returns how many ended a second */
  async perSecond(durationMs: number, inFlight: number): Promise<number> {
    this.ended = 0;
    this.isOpen = true;
    const startedAt = performance.now();
    for (let at = 0; at < inFlight; at += 1) this.startOne();
    await pause(durationMs);
    const perSecond = (this.ended / (performance.now() - startedAt)) * 1_000;
    this.isOpen = false;
    while (this.inFlight > 0 && !this.failure) await pause(10);
    if (this.failure) throw this.failure;
    return perSecond;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.workers) worker.shutdown();
    await this.running;
    await this.connection.close();
  }

  private async startWorkers(): Promise<void> {
    const bundle = await workflowBundle({
      workflows: new URL('../../libs/workflows/generate.js', import.meta.url),
      interceptors: [new URL('../../libs/workflows/interceptors.js', import.meta.url)],
      prebuilt: new URL('../../workflow-bundle.js', import.meta.url),
    });
    const { connection } = this;
    const control = { taskQueue: TASK_QUEUE, workflowBundle: bundle, activities: this.controlActivities(), sinks: workflowSpanSinks() };
    this.workers = [
      await Worker.create({ connection, ...control }),
      await Worker.create({ connection, taskQueue: LANE_QUEUE, activities: this.laneActivities() }),
    ];
    this.running = Promise.all(this.workers.map((worker) => worker.run()));
    this.running.catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  private startOne(): void {
    const generationId = randomUUID();
    this.inFlight += 1;
    const input: GenerateInput = {
      ...{ tenantId: randomUUID(), generationId, fence: '1', laneQueue: LANE_QUEUE },
      ...{ stages: this.script.stages, round: 0, laneStageTimeoutMs: STAGE_TIMEOUT_MS },
    };
    this.client.workflow
      .start<(input: GenerateInput) => Promise<Outcome>>('generate', {
        workflowId: `${generationId}/1`,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: TASK_QUEUE,
        requestEagerStart: true,
        args: [input],
      })
      .catch((error: unknown) => {
        this.failure ??= error;
      });
  }

  private end(generationId: string): void {
    this.lastWorkflowId = `${generationId}/1`;
    this.ended += 1;
    this.inFlight -= 1;
    if (this.isOpen) this.startOne();
  }

  private controlActivities(): ControlActivities {
    const nothing = async () => null;
    return {
      moderate: nothing,
      fetchMedia: nothing,
      plan: nothing,
      judge: async () => ({ verdict: 'accept' }),
      publish: nothing,
      saveCheckpoint: nothing,
      settle: async ({ generationId }) => {
        this.end(generationId);
        return 'completed';
      },
      release: async () => 'failed',
      handBack: nothing,
    };
  }

  private laneActivities(): LaneActivities {
    return { runLaneStage: async ({ stage }: { stage: LaneStage }) => this.script.outcomes.get(stage) as StageOutcome };
  }
}
