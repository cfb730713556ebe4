import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { envDetector, serviceInstanceIdDetector } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, NoopSpanProcessor, ParentBasedSampler, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { BoundedSampler } from '#platform/telemetry/bounded-sampler';
import { withoutQuery } from '#platform/telemetry/without-query';

export interface TelemetrySettings {
  /** `service.name` of every span. */
  readonly serviceName: string;
  /** Whether `OTEL_EXPORTER_OTLP_ENDPOINT` (or its variant for traces) is set; the exporter reads it, and its headers, itself. */
  readonly exportByEnvironment: boolean;
  /** Base URL of a second OTLP/HTTP receiver. */
  readonly traceEndpoint?: string;
  /** Whether `OTEL_TRACES_SAMPLER` is set; the SDK reads it, and its argument, itself. */
  readonly sampleByEnvironment?: boolean;
}

/** Short, so that a trace can be read right after its work is done. */
const EXPORT_DELAY_MS = 300;
const EXPORT_TIMEOUT_MS = 5_000;
/** Spans beyond this are dropped: telemetry may lose data, never memory. */
const WAITING_SPANS_LIMIT = 8_192;
const SHUTDOWN_LIMIT_MS = 3_000;

let started: { readonly sdk: NodeSDK; readonly processors: readonly SpanProcessor[] } | undefined;

/**
 * Starts tracing for this process; a second call does nothing. Without an endpoint spans are made and passed on (so traces
 * stay connected, and logs have their ids) but not exported. Which traces are kept is bounded, or as `OTEL_TRACES_SAMPLER*` says.
 */
export function startTelemetry(settings: TelemetrySettings): void {
  if (started) return;
  const exporters = [
    ...(settings.exportByEnvironment ? [new OTLPTraceExporter()] : []),
    ...(settings.traceEndpoint ? [new OTLPTraceExporter({ url: tracesUrl(settings.traceEndpoint) })] : []),
  ];
  const processors = exporters.length > 0 ? exporters.map(batched) : [new NoopSpanProcessor()];
  const sdk = new NodeSDK({
    serviceName: settings.serviceName,
    // Only what is known at once: the detectors of host and process hold back the first spans, and tell command lines.
    resourceDetectors: [envDetector, serviceInstanceIdDetector],
    spanProcessors: processors,
    ...(!settings.sampleByEnvironment && { sampler: new ParentBasedSampler({ root: new BoundedSampler() }) }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [undiciSpans()],
  });
  sdk.start();
  started = { sdk, processors };
}

/** Sends what waits; tracing goes on. Never rejects: a receiver that is away must not keep a process from its work. */
export async function flushTelemetry(): Promise<void> {
  await within(SHUTDOWN_LIMIT_MS, Promise.allSettled((started?.processors ?? []).map((processor) => processor.forceFlush())));
}

/** Sends what waits and ends tracing. Takes 3 s at most and never rejects. */
export async function shutdownTelemetry(): Promise<void> {
  await within(SHUTDOWN_LIMIT_MS, Promise.allSettled([started?.sdk.shutdown()]));
}

function batched(exporter: OTLPTraceExporter): SpanProcessor {
  return new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: EXPORT_DELAY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    maxQueueSize: WAITING_SPANS_LIMIT,
  });
}

/** Spans and `traceparent` for fetch and undici, by diagnostics channel. */
function undiciSpans(): UndiciInstrumentation {
  return new UndiciInstrumentation({
    // The guarded client makes its own span, without the customer's path in it.
    ignoreRequestHook: (request) => [request.headers].flat(2).some((part) => /^traceparent\b/im.test(String(part))),
    // Signed URLs carry their signature in the query.
    startSpanHook: (request) => ({ 'url.full': request.origin + withoutQuery(request.path), 'url.query': '' }),
  });
}

function tracesUrl(base: string): string {
  const url = base.replace(/\/+$/, '');
  return url.endsWith('/v1/traces') ? url : `${url}/v1/traces`;
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, limitMs)))]);
  clearTimeout(timer);
}
