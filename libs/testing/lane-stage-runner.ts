import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ActivityFailure, ApplicationFailure, Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { laneQueueOf } from '#contracts/lanes/task-queues';
import type { StageOutcome } from '#contracts/lanes/work-order';
import { installTemporalRuntime } from '#platform/temporal/runtime';
import type { runOneStage } from '#testing/lane-stage-workflow';

type Stage = Parameters<typeof runOneStage>[1];

/** A workflow worker on the test run's Temporal that sends single stages to a node. */
export class LaneStageRunner {
  private readonly running: Promise<void>;

  private constructor(
    private readonly connection: NativeConnection,
    private readonly worker: Worker,
    private readonly client: Client,
    private readonly queue: string,
  ) {
    this.running = worker.run();
  }

  static async start(): Promise<LaneStageRunner> {
    installTemporalRuntime();
    const connection = await NativeConnection.connect({ address: testTemporalAddress() });
    const queue = `lane-stage-runner-${randomUUID()}`;
    const workflowsPath = fileURLToPath(new URL('./lane-stage-workflow.ts', import.meta.url));
    const worker = await Worker.create({ connection, taskQueue: queue, workflowsPath });
    return new LaneStageRunner(connection, worker, new Client({ connection }), queue);
  }

  /** Starts a stage; its handle's result is the outcome. */
  send(nodeId: string, stage: Stage): Promise<WorkflowHandle<typeof runOneStage>> {
    const workflowId = `lane-stage-${stage.generationId}-${stage.fence}-${randomUUID()}`;
    return this.client.workflow.start<typeof runOneStage>('runOneStage', {
      workflowId,
      taskQueue: this.queue,
      args: [laneQueueOf(nodeId), stage],
    });
  }

  async run(nodeId: string, stage: Stage): Promise<StageOutcome> {
    const handle = await this.send(nodeId, stage);
    return handle.result();
  }

  async stop(): Promise<void> {
    this.worker.shutdown();
    await this.running;
    await this.connection.close();
  }
}

/** The type of the failure with which a stage's activity ended, such as `LeaseLost`; `completed` if it did not fail. */
export async function failureTypeOf(result: Promise<StageOutcome>): Promise<string> {
  try {
    await result;
    return 'completed';
  } catch (error) {
    const activity = error instanceof WorkflowFailedError ? error.cause : undefined;
    const cause = activity instanceof ActivityFailure ? activity.cause : activity;
    return cause instanceof ApplicationFailure ? String(cause.type) : String(cause?.name ?? error);
  }
}

export function testTemporalAddress(): string {
  const address = process.env.HALOGEN_TEST_TEMPORAL_ADDRESS;
  if (!address) throw new Error('HALOGEN_TEST_TEMPORAL_ADDRESS is not set: run the tests by `npm test`, which starts the servers');
  return address;
}
