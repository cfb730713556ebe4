import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { NoopSpanProcessor } from '@opentelemetry/sdk-trace';
import fastify from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { createLogger, nestLogger } from '#platform/telemetry/logger';
import { inSpan } from '#platform/telemetry/spans';

const sdk = new NodeSDK({
  spanProcessors: [new NoopSpanProcessor()],
  metricReaders: [],
  logRecordProcessors: [],
  autoDetectResources: false,
});
sdk.start();
afterAll(() => sdk.shutdown());

const KEY = 'hk_live_0123456789';
const PROMPT = 'a fox in the snow';

const lines: string[] = [];
const logger = createLogger({ service: 'api', level: 'info' }, { write: (line) => lines.push(line) });
const nest = nestLogger(logger);

it('writes time, level, service and, inside of a span, its ids', async () => {
  expect(logged(() => logger.info({ generationId: 'g1', priceCredits: 5n }, 'queued'))).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: 'api',
    generationId: 'g1',
    priceCredits: '5',
    msg: 'queued',
  });
  await inSpan('here', {}, (span) => {
    const { traceId, spanId } = span.spanContext();
    expect(logged(() => logger.info('queued'))).toMatchObject({ trace_id: traceId, span_id: spanId });
  });
});

it.each<[string, () => void]>([
  ['a field', () => logger.info({ prompt: PROMPT, authorization: `Bearer ${KEY}` })],
  ['a deep field', () => logger.info({ a: { b: [{ c: { d: { negativePrompt: PROMPT, apiKey: KEY } } }] } })],
  ['headers', () => logger.info({ headers: { Authorization: `Bearer ${KEY}`, 'X-Api-Key': KEY, cookie: KEY } })],
  ['a body', () => logger.info({ body: { anything: PROMPT } })],
  ['a database error', () => logger.error(Object.assign(new Error('failed'), { query: 'INSERT', parameters: [PROMPT, KEY] }))],
  [
    'the cause of an error',
    () => logger.error(new Error('failed', { cause: Object.assign(new Error('inner'), { prompt: PROMPT, detail: KEY }) })),
  ],
  ['a message', () => logger.info(`sent Authorization: Bearer ${KEY} to /assets/a.mp4?expires=1&signature=${KEY}`)],
  [
    'an object of a class',
    () =>
      logger.info({
        entity: new (class Generation {
          text = PROMPT + KEY;
        })(),
      }),
  ],
  ['an object given to Nest', () => nest.log({ prompt: PROMPT, key: KEY }, 'Context')],
  ['an object after a message', () => nest.log('hello', { prompt: PROMPT, key: KEY }, 'Context')],
])('keeps keys and prompts out of the line: %s', (_name, log) => {
  const line = JSON.stringify(logged(log));
  expect(line).not.toContain(KEY);
  expect(line).not.toContain(PROMPT);
});

it('tells of a request only its method and path', async () => {
  const server = createServer((request, response) => {
    expect(JSON.stringify(logged(() => logger.info(request)))).not.toContain(KEY);
    expect(logged(() => logger.info({ request }))).toMatchObject({ request: { method: 'POST', path: '/v1' } });
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/v1?token=${KEY}`, { method: 'POST', headers: { authorization: `Bearer ${KEY}` } });
  server.close();

  const app = fastify();
  app.post('/v1', async (request) => {
    for (const log of [
      () => logger.info(request),
      () => logger.info({ request }),
      () => nest.log('got', { request }),
      () => nest.log(request),
    ]) {
      const line = JSON.stringify(logged(log));
      expect(line).toContain('"method":"POST","path":"/v1"');
      expect(line).not.toContain(KEY);
      expect(line).not.toContain(PROMPT);
    }
    return 'seen';
  });
  const response = await app.inject({
    method: 'POST',
    url: `/v1?key=${KEY}`,
    headers: { authorization: `Bearer ${KEY}` },
    body: { prompt: PROMPT },
  });
  expect(response.body).toBe('seen');
});

it('survives what refers to itself', () => {
  const circle: Record<string, unknown> = { name: 'circle' };
  circle.self = circle;
  expect(JSON.stringify(logged(() => logger.info({ circle })))).toContain('[deep]');
});

it("reads Nest's arguments", () => {
  expect(logged(() => nest.log('started', 'Api'))).toMatchObject({ level: 'info', msg: 'started', context: 'Api' });
  expect(logged(() => nest.log('started', { port: 1 }, 'Api'))).toMatchObject({ msg: 'started', context: 'Api', port: 1 });
  expect(logged(() => nest.error('failed', 'Error: x\n    at f (a.js:1:1)', 'Api'))).toMatchObject({
    level: 'error',
    msg: 'failed',
    stack: expect.stringContaining('at f'),
  });
  expect(logged(() => nest.error('failed', new Error('why'), 'Api'))).toMatchObject({
    msg: 'failed',
    context: 'Api',
    err: { message: 'why' },
  });
  expect(logged(() => nest.error(new TypeError('why')))).toMatchObject({ msg: 'why', err: { type: 'TypeError' } });
  expect(logged(() => nest.warn('odd', undefined))).toMatchObject({ level: 'warn', msg: 'odd' });
});

function logged(log: () => void): Record<string, unknown> {
  lines.length = 0;
  log();
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!);
}
