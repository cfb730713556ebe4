import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, expect, it } from 'vitest';
import type { HealthCheck } from '#platform/http/health';
import { Health, HealthModule } from '#platform/http/health.module';

let app: NestFastifyApplication;
afterEach(() => app.close());

const works: HealthCheck = { name: 'database', check: async () => {} };
const fails: HealthCheck = { name: 'queue', check: () => Promise.reject(new Error('redis://user:hunter2@10.0.0.1 refused')) };
const hangs: HealthCheck = { name: 'storage', check: () => new Promise(() => {}) };

it.each([
  { checks: [], status: 200, answer: { status: 'ready', checks: [] } },
  { checks: [works], status: 200, answer: { status: 'ready', checks: [{ name: 'database', result: 'ok' }] } },
  {
    checks: [works, fails, hangs],
    status: 503,
    answer: {
      status: 'not_ready',
      checks: [
        { name: 'database', result: 'ok' },
        { name: 'queue', result: 'failed' },
        { name: 'storage', result: 'timed_out' },
      ],
    },
  },
])('ready answers $status', async ({ checks, status, answer }) => {
  await start(checks);
  const response = await app.inject('/health/ready');
  expect(response.statusCode).toBe(status);
  expect(response.json()).toEqual(answer);
});

it('is alive whatever it needs, and not ready while it drains', async () => {
  await start([fails]);
  expect((await app.inject('/health/live')).statusCode).toBe(200);
  await app.close();

  await start([works]);
  app.get(Health).startDraining();
  const response = await app.inject('/health/ready');
  expect([response.statusCode, response.json()]).toEqual([503, { status: 'draining', checks: [{ name: 'database', result: 'ok' }] }]);
  expect((await app.inject('/health/live')).statusCode).toBe(200);
});

async function start(checks: HealthCheck[]): Promise<void> {
  @Module({ imports: [HealthModule.with({ checks: () => checks })] })
  class TestApp {}
  app = await NestFactory.create<NestFastifyApplication>(TestApp, new FastifyAdapter(), { logger: false });
  await app.init();
}
