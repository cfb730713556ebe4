import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { Client } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { tracedActivities, tracedClient, workflowSpanSinks } from '#platform/temporal/tracing';
import { workflowBundle } from '#platform/temporal/workflow-bundle';
import type { GenerateInput, Outcome } from '#workflows/activities';
import { type Scenario, VIDEO_STAGES } from '#workflows/testing/scenarios';
import { type Call, scriptedActivities } from '#workflows/testing/scripted-activities';

/** Real Temporal and real workers; only the activities are scripted. */
export class ScenarioRunner {
  private constructor(
    private readonly connection: NativeConnection,
    readonly client: Client,
    private readonly bundle: WorkflowBundleOption,
  ) {}

  static async connect(address: string): Promise<ScenarioRunner> {
    const [connection, bundle] = await Promise.all([NativeConnection.connect({ address }), testBundle()]);
    return new ScenarioRunner(connection, new Client({ connection, interceptors: tracedClient() }), bundle);
  }

  /** Runs `generate` once on queues of its own. */
  async run({ input, script, nodeIsAway }: Scenario): Promise<{ outcome: Outcome; calls: Call[]; history: History }> {
    const { calls, control, lane } = scriptedActivities(script);
    const id = randomUUID();
    const laneQueue = `test-lane/${id}`;
    const workers = [
      await this.worker({ taskQueue: `test/${id}`, workflowBundle: this.bundle, activities: control, sinks: workflowSpanSinks() }),
    ];
    if (!nodeIsAway) workers.push(await this.worker({ taskQueue: laneQueue, activities: lane }));

    const args = [{ ...anInput(id), laneQueue, ...input }] as [GenerateInput];
    const start = () =>
      this.client.workflow.start<(input: GenerateInput) => Promise<Outcome>>('generate', {
        workflowId: `${id}/1`,
        taskQueue: `test/${id}`,
        args,
      });
    const [handle, outcome] = await whileRunning(workers, async () => {
      const handle = await start();
      return [handle, await handle.result()] as const;
    });
    return { outcome, calls, history: await handle.fetchHistory() };
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private worker(options: {
    taskQueue: string;
    activities: object;
    workflowBundle?: WorkflowBundleOption;
    sinks?: ReturnType<typeof workflowSpanSinks>;
  }) {
    return Worker.create({ connection: this.connection, interceptors: { activity: [tracedActivities] }, ...options });
  }
}

/** The workflow bundle as a worker of the generation-worker has it. */
export function testBundle(): Promise<WorkflowBundleOption> {
  const extension = extname(import.meta.url);
  return workflowBundle({
    workflows: new URL(`../generate${extension}`, import.meta.url),
    interceptors: [new URL(`../interceptors${extension}`, import.meta.url)],
  });
}

function anInput(generationId: string): Omit<GenerateInput, 'laneQueue'> {
  return { tenantId: randomUUID(), generationId, fence: '1', stages: VIDEO_STAGES, round: 0, laneStageTimeoutMs: 30_000 };
}

async function whileRunning<T>([worker, ...others]: Worker[], work: () => Promise<T>): Promise<T> {
  if (!worker) return work();
  return worker.runUntil(() => whileRunning(others, work));
}
