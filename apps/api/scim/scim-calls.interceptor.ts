import { type CallHandler, type ExecutionContext, Injectable, Logger, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { catchError, from, map, mergeMap, type Observable } from 'rxjs';
import { refusalOf } from '#apps/api/errors/refusal-of';
import type { ScimRequest } from '#apps/api/scim/scim.guard';
import { PROBLEMS } from '#contracts/problems';
import { SCIM_TYPE } from '#contracts/scim';
import { type DirectoryCall, DirectoryCalls } from '#features/directory/directory-calls.service';

/** Answers as SCIM does, and remembers each call for the tenant to look at. */
@Injectable()
export class ScimCallsInterceptor implements NestInterceptor {
  private readonly logger = new Logger(ScimCallsInterceptor.name);

  constructor(private readonly calls: DirectoryCalls) {}

  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = host.switchToHttp().getRequest<ScimRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap((answer) => {
        if (answer !== undefined) reply.type(SCIM_TYPE);
        return from(this.note(request, { status: reply.statusCode })).pipe(map(() => answer));
      }),
      catchError((error) =>
        from(this.note(request, outcomeOf(error))).pipe(
          map(() => {
            throw error;
          }),
        ),
      ),
    );
  }

  /** What was done is done: that it could not be remembered is no reason to say otherwise. */
  private async note(
    { method, url, directoryToken }: ScimRequest,
    outcome: Pick<DirectoryCall, 'status' | 'reason' | 'detail'>,
  ): Promise<void> {
    if (!directoryToken) return;
    await this.calls.note(directoryToken, { method, path: url, ...outcome }).catch((error: unknown) => {
      this.logger.warn('A call of an identity provider could not be remembered', error);
    });
  }
}

function outcomeOf(error: unknown): Pick<DirectoryCall, 'status' | 'reason' | 'detail'> {
  const refused = refusalOf(error);
  if (!refused) return { status: 500, reason: 'internal' };
  const { scimType = refused.problem } = refused.facts ?? {};
  return { status: PROBLEMS[refused.problem].status, reason: String(scimType), detail: refused.detail };
}
