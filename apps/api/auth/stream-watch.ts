import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refused } from '#apps/api/errors/refused';

/** How long a stream may go on after its caller was shut out. */
const ASK_EVERY_MS = 5_000;

/** Ends an answer that goes on and on once its caller would no longer be let in: a stream is one request, however long it lasts. */
export function endWhenShutOut(request: FastifyRequest, reply: FastifyReply, letIn: (request: FastifyRequest) => Promise<unknown>): void {
  const timer = setInterval(() => {
    letIn(request).catch((error: unknown) => {
      if (error instanceof Refused) reply.raw.destroy();
    });
  }, ASK_EVERY_MS);
  timer.unref();
  reply.raw.once('close', () => clearInterval(timer));
}
