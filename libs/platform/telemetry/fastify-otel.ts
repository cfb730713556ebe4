import { FastifyOtelInstrumentation } from '@fastify/otel';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { withoutQuery } from '#platform/telemetry/without-query';

/**
 * Gives every request one server span named `METHOD route`, which continues an incoming `traceparent`. To be called before any
 * route is registered, which for Nest is between `NestFactory.create` and `init` or `listen`. Probes under `/health/` have no span.
 */
export async function registerFastifyOtel(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    recordExceptions: false, // messages of parsers quote the body; stacks are in the log, under the same trace id
    ignorePaths: ({ url }) => url.startsWith('/health/') || url === '/metrics',
    requestHook: (span, request) => {
      span.updateName(`${request.method} ${request.routeOptions.url ?? 'unknown route'}`);
      span.setAttribute('url.path', withoutQuery(request.url));
    },
  });
  await fastify.register(instrumentation.plugin());
}
