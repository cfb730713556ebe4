import { Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { RunToStart } from '#apps/generation-worker/relay/admitted-runs';
import { generateInputOf } from '#apps/generation-worker/relay/generate-input';
import { contextFrom, inSpan } from '#platform/telemetry/spans';
import type { TemporalConnection } from '#platform/temporal/temporal-connection';
import { tracedClient } from '#platform/temporal/tracing';
import type { GenerateInput, Outcome } from '#workflows/activities';

/** Shorter than a claim. Past it the run may be there all the same; then the next try finds it. */
const START_LIMIT_MS = 4_000;

export interface StartRunOptions {
  taskQueue: string;
  /** Whether this process's own worker may get the run's first task with the answer to its start. */
  eager: boolean;
}

/** Starts the one run of a lease. One that is there already is success. @throws when Temporal is away or refuses. */
export async function startRun(
  connection: TemporalConnection,
  { lease, traceparent }: RunToStart,
  options: StartRunOptions,
): Promise<void> {
  const native = await connection.ready();
  const client = new Client({ connection: native, namespace: connection.settings.namespace, interceptors: tracedClient() });
  const start = () =>
    client.workflow.start<(input: GenerateInput) => Promise<Outcome>>('generate', {
      workflowId: `${lease.generationId}/${lease.fence}`,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: options.taskQueue,
      requestEagerStart: options.eager,
      args: [generateInputOf(lease)],
    });
  await inSpan('start run', { parent: contextFrom(traceparent), attributes: { 'halogen.generation.id': lease.generationId } }, async () => {
    try {
      await native.withDeadline(Date.now() + START_LIMIT_MS, start);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  });
}
