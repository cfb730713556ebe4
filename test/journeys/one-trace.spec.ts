import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Span } from '#infra/local/otlp-receiver';
import { JourneyPlatform } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;

beforeAll(async () => {
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant' });
});
afterAll(() => journey.stop());

it('is one trace from the request to the callback, each hop below the one that caused it', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const callersSpanId = 'b7ad6b7169203331';
  const response = await journey.fetch('/dream-machine/v1/generations/image', {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${callersSpanId}-01` },
    body: JSON.stringify({ prompt: 'a traced picture', callback_url: journey.receiver.url('/traced') }),
  });
  expect(response.headers.get('x-halogen-trace-id')).toBe(traceId);
  const { id } = (await response.json()) as { id: string };
  await journey.untilFinal(id);
  await journey.receiver.waitFor((calls) => calls.some(({ body }) => body.state === 'completed'));
  for (const { headers } of journey.receiver.callsTo('/traced')) expect(headers.traceparent).toContain(traceId);

  const named = (spans: Span[], name: string) => spans.find((span) => span.traceId === traceId && span.name === name);
  const hops = [
    'POST /dream-machine/v1/generations/image',
    'group submit',
    'sql submit',
    'queue',
    'admit',
    'RunWorkflow:generate',
    'stage render',
    'callback completed',
  ];
  // Processes send their spans at moments of their own: the trace is whole when nothing hangs below a span that is not there.
  const isWhole = (spans: Span[]) => hops.every((hop) => named(spans, hop)) && looseSpans(spans, traceId).length === 1;
  await journey.platform.otlp.waitFor(isWhole, 20_000).catch(() => {}); // what is loose then is shown below
  const spans = journey.platform.otlp.spansOf(traceId);

  // Every span hangs below another one of this trace; only the first one hangs below the caller's.
  expect(looseSpans(spans, traceId).map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
    ['POST /dream-machine/v1/generations/image', callersSpanId],
  ]);
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(hops));
  const services = new Set(spans.map(({ service }) => service));
  for (const service of ['api', 'scheduler', 'generation-worker', 'lane-agent', 'background-worker']) {
    expect(services).toContain(`halogen-${service}`);
  }

  // Neither spans nor logs carry a prompt or a key.
  const told = JSON.stringify(spans) + (await journey.logs());
  expect(told).toContain('Nest application successfully started');
  for (const secret of ['a traced picture', ...Object.values(journey.platform.run.keys)]) expect(told).not.toContain(secret);
});

/** Spans of a trace whose parent is not among them. */
function looseSpans(all: Span[], traceId: string): Span[] {
  const spans = all.filter((span) => span.traceId === traceId);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId));
}
