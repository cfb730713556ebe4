import { type HrTime, ROOT_CONTEXT, type Span, type SpanContext, trace } from '@opentelemetry/api';
import type { ClientInterceptors } from '@temporalio/client';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  type OpenTelemetrySinks,
  OpenTelemetryWorkflowClientInterceptor,
  type SerializableSpan,
} from '@temporalio/interceptors-opentelemetry';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';

/** The start of a run carries the active trace. */
export function tracedClient(): ClientInterceptors {
  return { workflow: [new OpenTelemetryWorkflowClientInterceptor()] };
}

/** Activities run in the trace of the run that called them. */
export const tracedActivities: ActivityInterceptorsFactory = (activity) => ({
  inbound: new OpenTelemetryActivityInboundInterceptor(activity),
  outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
});

/**
 * Takes the spans that end inside a workflow's isolate into this process's tracing.
 *
 * Not the library's `makeWorkflowExporter`: its spans have the shape of version 1 of the OpenTelemetry SDK, in which newer exporters
 * find no parent.
 */
export function workflowSpanSinks(): InjectedSinks<OpenTelemetrySinks> {
  return {
    exporter: {
      export: {
        callDuringReplay: false,
        fn: ({ workflowId, runId }, spans) => {
          for (const span of spans) repeatSpan(span, { temporalWorkflowId: workflowId, run_id: runId });
        },
      },
    },
  };
}

function repeatSpan(original: SerializableSpan, attributes: Record<string, string>): void {
  const { name, kind, startTime, endTime, links, events, status } = original;
  const parent = original.parentSpanId ? trace.setSpanContext(ROOT_CONTEXT, contextOf(original, original.parentSpanId)) : ROOT_CONTEXT;
  const tracer = trace.getTracer(original.instrumentationLibrary.name);
  const span: Span = tracer.startSpan(name, { kind, startTime, links, attributes: { ...original.attributes, ...attributes } }, parent);
  // Activities already hang below the id that the isolate gave out, and the API has no way to ask for an id.
  Object.assign(span.spanContext(), { traceId: original.spanContext.traceId, spanId: original.spanContext.spanId });
  for (const event of events) span.addEvent(event.name, event.attributes, event.time as HrTime);
  span.setStatus(status);
  span.end(endTime);
}

function contextOf({ spanContext: { traceId, traceFlags } }: SerializableSpan, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags, isRemote: true };
}
