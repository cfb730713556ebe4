import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, it } from 'vitest';
import { HealthModule } from '#platform/http/health.module';
import { registerHttpMetrics } from '#platform/telemetry/http-metrics';
import { gaugeOf } from '#platform/telemetry/metrics';

@Controller('things')
class Things {
  @Get(':id')
  one() {
    return {};
  }
}

@Module({ imports: [HealthModule.with({ checks: () => [] })], controllers: [Things] })
class TestApp {}

it('tells requests by route, never by path, and a gauge without a value when it cannot be read', async () => {
  gaugeOf('test_depth', 'For the test.', ['tier'], async () => [{ labels: { tier: 'shared' }, value: 3 }]);
  gaugeOf('test_away', 'For the test.', ['tier'], () => Promise.reject(new Error('away')));
  const app = await NestFactory.create<NestFastifyApplication>(TestApp, new FastifyAdapter(), { logger: false });
  registerHttpMetrics(app);
  await app.init();
  await app.inject('/things/41');
  await app.inject('/things/42');
  const { body, headers } = await app.inject('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toContain('halogen_http_request_seconds_count{method="GET",route="/things/:id",status="200"} 2');
  expect(body).toContain('test_depth{tier="shared"} 3');
  expect(body).not.toMatch(/^test_away/m);
  await app.close();
});
