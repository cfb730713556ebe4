import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';

/** Names the trace in every answer, so that a customer's question can be followed to its log lines, and to its spans where they were kept. */
export function useTraceHeader(app: NestFastifyApplication): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const { span } = request.opentelemetry();
    const traceId = span?.spanContext().traceId ?? trace.getActiveSpan()?.spanContext().traceId;
    if (traceId) reply.header('x-halogen-trace-id', traceId);
    done();
  });
}
