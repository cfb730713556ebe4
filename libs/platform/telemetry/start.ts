/**
 * Loaded before the app by `node --import ./dist/libs/platform/telemetry/start.js`, so that tracing stands when the app's first
 * module runs.
 *
 * There are no loader hooks (`import-in-the-middle`, `require-in-the-middle`): they rewrite every module of the process to find
 * the few that matter, break with each major version of a patched library, and do not see code that is bundled. We own the
 * seams instead and make spans there: HTTP by hooks of Fastify, SQL in our pools, queues and workflows by the
 * interceptors of BullMQ and Temporal, outgoing HTTP by undici's diagnostics channel.
 */
import { z } from 'zod';
import { readEnvironment } from '#platform/config/read-environment';
import { flushTelemetry, shutdownTelemetry, startTelemetry } from '#platform/telemetry/sdk';

export { shutdownTelemetry };

const environment = readEnvironment(
  z.object({
    OTEL_SERVICE_NAME: z.string().default('halogen'),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url().optional(),
    OTEL_TRACES_SAMPLER: z.string().optional(),
    HALOGEN_TRACE_ENDPOINT: z.url().optional(),
  }),
);

startTelemetry({
  serviceName: environment.OTEL_SERVICE_NAME,
  exportByEnvironment: Boolean(environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
  traceEndpoint: environment.HALOGEN_TRACE_ENDPOINT,
  sampleByEnvironment: environment.OTEL_TRACES_SAMPLER !== undefined,
});

process.once('beforeExit', shutdownTelemetry);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    // Tracing goes on while the app drains; it ends with `shutdownTelemetry`. A process in which nobody else listens must still die.
    const alone = process.listenerCount(signal) === 0;
    await flushTelemetry();
    if (alone) process.kill(process.pid, signal);
  });
}
