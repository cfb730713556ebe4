import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, expect, it } from 'vitest';
import { activeTraceId, contextFrom, inSpan, recordSpan, traceparentOf } from '#platform/telemetry/spans';

const exporter = new InMemorySpanExporter();
const sdk = new NodeSDK({
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  metricReaders: [],
  logRecordProcessors: [],
  autoDetectResources: false,
});
sdk.start();
afterEach(() => exporter.reset());
afterAll(() => sdk.shutdown());

const STORED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const TRACE_ID = STORED.split('-')[1];
const SPAN_ID = STORED.split('-')[2];

it('nests spans and ends them', async () => {
  const result = await inSpan('outer', { kind: SpanKind.SERVER }, () => inSpan('inner', { attributes: { 'halogen.n': 1 } }, () => 42));
  const [inner, outer] = exporter.getFinishedSpans();
  expect(result).toBe(42);
  expect([outer!.name, outer!.kind, outer!.parentSpanContext]).toEqual(['outer', SpanKind.SERVER, undefined]);
  expect([inner!.name, inner!.attributes]).toEqual(['inner', { 'halogen.n': 1 }]);
  expect(inner!.parentSpanContext?.spanId).toBe(outer!.spanContext().spanId);
});

it('records an error and throws it on', async () => {
  const error = new Error('no lane');
  await expect(inSpan('stage', {}, () => Promise.reject(error))).rejects.toBe(error);
  const [span] = exporter.getFinishedSpans();
  expect(span!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no lane' });
  expect(span!.events[0]).toMatchObject({ name: 'exception' });
});

it.each([
  { name: 'traceparent', parent: STORED },
  { name: 'context', parent: contextFrom(STORED) },
])('hangs below a stored $name, from anywhere', async ({ parent }) => {
  await inSpan('unrelated', {}, () => inSpan('continued', { parent, links: [STORED, null, undefined, 'nonsense'] }, () => {}));
  const span = exporter.getFinishedSpans().find(({ name }) => name === 'continued')!;
  expect([span.spanContext().traceId, span.parentSpanContext?.spanId]).toEqual([TRACE_ID, SPAN_ID]);
  expect(span.links.map((link) => link.context.spanId)).toEqual([SPAN_ID]);
});

it('starts a new trace when nothing was stored', async () => {
  await inSpan('outer', {}, () => inSpan('fresh', { parent: null }, () => {}));
  expect(exporter.getFinishedSpans().find(({ name }) => name === 'fresh')!.parentSpanContext).toBeUndefined();
});

it('tells the active trace, and nothing outside of one', async () => {
  expect([activeTraceId(), traceparentOf()]).toEqual([undefined, undefined]);
  await inSpan('here', { parent: STORED }, (span) => {
    expect(activeTraceId()).toBe(TRACE_ID);
    expect(traceparentOf()).toBe(`00-${TRACE_ID}-${span.spanContext().spanId}-01`);
  });
  expect(traceparentOf(contextFrom(STORED))).toBe(STORED);
});

it.each([undefined, null, '', 'nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01'])('%s names no trace', (traceparent) =>
  expect(trace.getSpanContext(contextFrom(traceparent))).toBeUndefined(),
);

it('records a span that is over', () => {
  const traceparent = recordSpan('queued', { startTime: new Date(1_000), endTime: new Date(4_500), parent: STORED });
  const [span] = exporter.getFinishedSpans();
  expect([span!.startTime, span!.endTime]).toEqual([
    [1, 0],
    [4, 500_000_000],
  ]);
  expect(span!.parentSpanContext?.spanId).toBe(SPAN_ID);
  expect(traceparent).toBe(`00-${TRACE_ID}-${span!.spanContext().spanId}-01`);
});

it('leaves the active context as it was', async () => {
  await inSpan('done', {}, () => {});
  expect(context.active()).toBe(ROOT_CONTEXT);
});
