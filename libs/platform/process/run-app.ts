import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Health } from '#platform/http/health.module';
import { registerHttpMetrics } from '#platform/telemetry/http-metrics';
import { nestLogger } from '#platform/telemetry/logger';
import { registerRequestSpans } from '#platform/telemetry/request-spans';
import { shutdownTelemetry } from '#platform/telemetry/start';

export interface AppOptions {
  module: Type | DynamicModule;
  host: string;
  port: number;
  adapter?: FastifyAdapter;
  /** Runs before the server listens. */
  configure?(app: NestFastifyApplication): Promise<void> | void;
}

/** Starts a process of Halogen: logs, spans, health, orderly shutdown, and a word to the parent once it serves. */
export async function runApp({
  module,
  host,
  port,
  adapter = new FastifyAdapter(),
  configure,
}: AppOptions): Promise<NestFastifyApplication> {
  const logger = nestLogger();
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false });
  registerRequestSpans(app);
  registerHttpMetrics(app);
  await configure?.(app);
  await app.listen(port, host);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      app.get(Health).startDraining();
      await app.close();
      await shutdownTelemetry();
      process.exit(0);
    });
  }
  process.send?.({ ready: true });
  return app;
}
