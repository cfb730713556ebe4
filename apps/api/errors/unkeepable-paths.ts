import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Refused } from '#apps/api/errors/refused';
import { unkeepablePath } from '#core/text/keepable-text';

/** Answers 404 where a path names what the database cannot even be asked for: a NUL is part of no id. Goes before the routes are made. */
export function refuseUnkeepablePaths(app: NestFastifyApplication): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    done(unkeepablePath(request.params) ? new Refused('not_found', 'Not found') : undefined);
  });
}
