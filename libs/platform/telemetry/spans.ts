import {
  type SpanOptions as ApiSpanOptions,
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

/** Where a span hangs: a context, or a W3C traceparent as it was stored (null: nothing was stored, so a new trace starts). */
export type SpanParent = Context | string | null;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** Never prompts, keys, secrets or whole URLs: traces are read by more people than the database. */
  readonly attributes?: Attributes;
  /** Spans that belong to this one without being its parent, also as stored traceparents; unusable ones are left out. */
  readonly links?: readonly (Link | string | null | undefined)[];
  /** The active context unless told otherwise. */
  readonly parent?: SpanParent;
}

/** Runs `fn` in a span of its own, which ends with it. An error is recorded on the span and thrown on. */
export async function inSpan<T>(name: string, options: SpanOptions, fn: (span: Span) => Promise<T> | T): Promise<T> {
  const parent = parentOf(options);
  const span = newSpan(name, { kind: options.kind, attributes: options.attributes, links: linksOf(options) }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => fn(span));
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : undefined });
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Records a span that is already over, such as the time a generation waited.
 * @returns its traceparent, so that what follows can hang below it; undefined without telemetry.
 */
export function recordSpan(name: string, options: SpanOptions & { readonly startTime: Date; readonly endTime: Date }): string | undefined {
  const parent = parentOf(options);
  const { kind, attributes, startTime, endTime } = options;
  const span = newSpan(name, { kind, attributes, startTime, links: linksOf(options) }, parent);
  span.end(endTime);
  return traceparentOf(trace.setSpan(parent, span));
}

/** What to store or send so that others can continue this trace; undefined outside of any trace. */
export function traceparentOf(from: Context = context.active()): string | undefined {
  const spanContext = trace.getSpanContext(from);
  if (!spanContext || !isSpanContextValid(spanContext)) return undefined;
  const { traceId, spanId, traceFlags } = spanContext;
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
}

/** The context that a traceparent names. Nothing, or nonsense, gives the root context: a new trace. */
export function contextFrom(traceparent: string | null | undefined): Context {
  return traceparent ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
}

/** The 32 hex digits by which the trace is found; undefined outside of any trace. */
export function activeTraceId(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active && isSpanContextValid(active) ? active.traceId : undefined;
}

function parentOf({ parent }: SpanOptions): Context {
  if (parent === undefined) return context.active();
  return parent === null || typeof parent === 'string' ? contextFrom(parent) : parent;
}

function linksOf({ links = [] }: SpanOptions): Link[] {
  return links.flatMap((link) => {
    if (typeof link === 'object' && link !== null) return [link];
    const linked = trace.getSpanContext(contextFrom(link));
    return linked ? [{ context: linked }] : [];
  });
}

/** A span for what is no one function: whoever starts it ends it. */
export function newSpan(name: string, options: ApiSpanOptions, parent: Context): Span {
  return trace.getTracer('halogen').startSpan(name, options, parent);
}
