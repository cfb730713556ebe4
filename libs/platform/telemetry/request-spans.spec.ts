import { Body, Controller, Get, HttpException, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { registerRequestSpans } from '#platform/telemetry/request-spans';
import { activeTraceId, inSpan } from '#platform/telemetry/spans';

const exporter = new InMemorySpanExporter();
const sdk = new NodeSDK({
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  metricReaders: [],
  logRecordProcessors: [],
  autoDetectResources: false,
});
sdk.start();

@Controller()
class TestController {
  @Get('things/:id')
  async get() {
    return { traceId: await inSpan('sql', {}, async () => activeTraceId()) };
  }

  @Post('things')
  async create(@Body() body: { big: string }) {
    await new Promise(setImmediate);
    return { traceId: activeTraceId(), bytes: body.big.length };
  }

  @Get('broken')
  broken() {
    throw new HttpException('away', 503);
  }

  @Get('health/live')
  live() {
    return { traceId: activeTraceId() ?? null };
  }
}

@Module({ controllers: [TestController] })
class TestApp {}

let app: NestFastifyApplication;
let base: string;
beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(TestApp, new FastifyAdapter(), { logger: false });
  registerRequestSpans(app);
  await app.listen(0, '127.0.0.1');
  base = await app.getUrl();
});
afterEach(() => exporter.reset());
afterAll(async () => {
  await app.close();
  await sdk.shutdown();
});

it('continues an incoming trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { traceId } = await answerOf('/things/7?signature=abc', { headers: { traceparent } });
  expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c');

  const [sql, server] = exporter.getFinishedSpans();
  expect([server!.name, server!.kind, server!.parentSpanContext?.spanId]).toEqual(['GET /things/:id', SpanKind.SERVER, 'b7ad6b7169203331']);
  expect(server!.attributes).toMatchObject({ 'http.route': '/things/:id', 'http.response.status_code': 200, 'url.path': '/things/7' });
  expect(sql!.parentSpanContext?.spanId).toBe(server!.spanContext().spanId);
});

it('starts a trace where there is none, and keeps it past the reading of a body', async () => {
  const big = 'x'.repeat(500_000);
  const { traceId, bytes } = await answerOf('/things', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ big }),
  });
  const [server] = exporter.getFinishedSpans();
  expect([server!.name, server!.parentSpanContext, bytes]).toEqual(['POST /things', undefined, 500_000]);
  expect(traceId).toBe(server!.spanContext().traceId);
});

it('gives each request a trace of its own', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, async () => (await answerOf('/things/1')).traceId));
  expect(new Set(ids).size).toBe(20);
});

it('marks what failed, and names unknown routes alike', async () => {
  await answerOf('/broken');
  await answerOf('/nowhere/secret');
  const [broken, unknown] = exporter.getFinishedSpans();
  expect(broken!.status.code).toBe(SpanStatusCode.ERROR);
  expect([unknown!.name, unknown!.attributes['http.response.status_code']]).toEqual(['GET unknown route', 404]);
});

it('names the trace in the answer', async () => {
  const response = await fetch(`${base}/things/1`);
  expect(response.headers.get('x-halogen-trace-id')).toBe(((await response.json()) as { traceId: string }).traceId);
});

it('leaves probes out', async () => {
  expect(await answerOf('/health/live')).toEqual({ traceId: null });
  expect(exporter.getFinishedSpans()).toEqual([]);
});

async function answerOf(path: string, init?: RequestInit) {
  return (await (await fetch(base + path, init)).json()) as { traceId?: string; bytes?: number };
}
