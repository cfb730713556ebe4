import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { drainBody } from '#apps/api/errors/drain-body';
import { refusalOf } from '#apps/api/errors/refusal-of';
import { Refused } from '#apps/api/errors/refused';
import type { DreamMachineError } from '#contracts/dream-machine/errors';
import { DREAM_MACHINE_PREFIX } from '#contracts/dream-machine/operations';
import { PROBLEM_TYPE, PROBLEMS, type Problem } from '#contracts/problems';
import { SCIM_ERROR, SCIM_PREFIX, SCIM_TYPE } from '#contracts/scim';

const RETRY_AFTER_SECONDS = 2;

/** Writes every error in the form of its surface: `detail` alone for Dream Machine, problem details elsewhere. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { url, raw } = host.switchToHttp().getRequest<FastifyRequest>();
    let refused = refusalOf(error);
    if (!refused) {
      this.logger.error('A request failed by a fault of ours', error);
      refused = new Refused('internal', 'Something failed on our side; nothing was charged for it');
    }
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (refused.problem === 'too_large') await drainBody(raw);
    const { status } = PROBLEMS[refused.problem];
    if (refused.retryAfterMs !== undefined) {
      // Rounded up: a caller that obeys never comes before its slot.
      reply.header('retry-after-ms', Math.ceil(refused.retryAfterMs)).header('retry-after', Math.ceil(refused.retryAfterMs / 1_000));
    }
    if (refused.problem === 'unavailable') reply.header('retry-after', RETRY_AFTER_SECONDS);
    if (refused.problem === 'not_authenticated') reply.header('www-authenticate', 'Bearer');
    if (url.startsWith(DREAM_MACHINE_PREFIX)) reply.status(status).send(dreamMachineError(refused));
    else if (url.startsWith(SCIM_PREFIX)) reply.status(scimStatus(status)).type(SCIM_TYPE).send(scimError(refused));
    else reply.status(status).type(PROBLEM_TYPE).send(problem(refused));
  }
}

function dreamMachineError({ detail, fields }: Refused): DreamMachineError {
  return { detail: fields ? [...fields] : detail };
}

/** RFC 7644 §3.12: what does not fit is 400, whatever other surfaces call it. */
function scimError({ problem: name, detail, facts }: Refused) {
  const scimType =
    facts?.scimType ?? (name === 'invalid_fields' ? 'invalidValue' : name === 'malformed_json' ? 'invalidSyntax' : undefined);
  return { schemas: [SCIM_ERROR], status: String(scimStatus(PROBLEMS[name].status)), ...(scimType !== undefined && { scimType }), detail };
}

function scimStatus(status: number): number {
  return status === 422 ? 400 : status;
}

function problem({ problem: name, detail, fields, facts }: Refused): Problem {
  return {
    type: `urn:halogen:problem:${name}`,
    ...PROBLEMS[name],
    detail,
    ...facts,
    ...(fields && { errors: fields.map(({ loc, msg }) => ({ field: loc.slice(1).join('.'), message: msg })) }),
  };
}
