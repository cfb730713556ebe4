import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inSpan } from '#platform/telemetry/spans';
import { ScenarioRunner } from '#workflows/testing/run-scenario';
import { SCENARIOS } from '#workflows/testing/scenarios';
import { testTemporalAddress } from '#workflows/testing/test-temporal';

const ended: ReadableSpan[] = [];
const sdk = new NodeSDK({
  spanProcessors: [{ onStart() {}, onEnd: (span) => ended.push(span), forceFlush: async () => {}, shutdown: async () => {} }],
  metricReaders: [],
  logRecordProcessors: [],
});
let runner: ScenarioRunner;

beforeAll(async () => {
  sdk.start();
  runner = await ScenarioRunner.connect(testTemporalAddress());
}, 60_000);

afterAll(async () => {
  await runner.close();
  await sdk.shutdown();
});

it('a run and its activities continue the trace of their start, without a gap', async () => {
  const traceId = await inSpan('the start', { parent: null }, async () => {
    await runner.run(SCENARIOS.image);
    return trace.getActiveSpan()?.spanContext().traceId;
  });

  const spans = ended.filter((span) => span.spanContext().traceId === traceId);
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const hops = spans.map((span) => `${span.name} < ${nameOf.get(span.parentSpanContext?.spanId ?? '')}`);
  expect(hops).toEqual(
    expect.arrayContaining([
      'StartWorkflow:generate < the start',
      'RunWorkflow:generate < StartWorkflow:generate',
      'StartActivity:runLaneStage < RunWorkflow:generate',
      'RunActivity:runLaneStage < StartActivity:runLaneStage',
      'RunActivity:moderate < StartActivity:moderate',
      'RunActivity:settle < StartActivity:settle',
    ]),
  );
  expect(hops.filter((hop) => hop.endsWith('< undefined'))).toEqual(['the start < undefined']);
});
