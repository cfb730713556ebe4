import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { context, isSpanContextValid, propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { newSpan } from '#platform/telemetry/spans';
import { withoutQuery } from '#platform/telemetry/without-query';

/**
 * Gives every request one server span named `METHOD route`, which continues an incoming `traceparent`, and names its trace in the answer, so
 * that a customer's question can be followed to its log lines, and to its spans where they were kept. To be called before any route is
 * registered, which for Nest is between `NestFactory.create` and `init` or `listen`. Probes under `/health/` have no span.
 *
 * Ours rather than @fastify/otel's, which prepares names and attributes also for the requests that are not kept: on a busy edge nearly all.
 */
export function registerRequestSpans(app: NestFastifyApplication): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const kept = new WeakMap<FastifyRequest, Span>();
  const end = (request: FastifyRequest, { statusCode }: FastifyReply) => {
    const span = kept.get(request);
    if (!span) return;
    kept.delete(request);
    span.setAttribute('http.response.status_code', statusCode);
    // Without a message: those of parsers quote the body, and the log has the error under the same trace id.
    if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };

  fastify.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request.url)) return done();
    const parent = request.headers.traceparent ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT;
    const span = newSpan(`${request.method} ${request.routeOptions.url ?? 'unknown route'}`, { kind: SpanKind.SERVER }, parent);
    if (span.isRecording()) {
      span.setAttributes(attributesOf(request));
      kept.set(request, span);
    }
    const spanContext = span.spanContext();
    if (isSpanContextValid(spanContext)) reply.header('x-halogen-trace-id', spanContext.traceId);
    context.with(trace.setSpan(parent, span), done);
  });
  // Before the answer leaves, so that a trace can be read by whoever has its answer.
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    end(request, reply);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    end(request, reply); // of answers that were streamed past Fastify
    done();
  });
}

function isProbe(url: string): boolean {
  return url.startsWith('/health/') || url === '/metrics';
}

function attributesOf({ method, url, routeOptions }: FastifyRequest) {
  return { 'http.request.method': method, 'url.path': withoutQuery(url), 'http.route': routeOptions.url };
}
