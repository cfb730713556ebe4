import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refused } from '#apps/api/errors/refused';
import { MAX_CALLS_PER_MINUTE } from '#core/directory/limits';
import { DirectoryCalls } from '#features/directory/directory-calls.service';
import { DirectoryTokens, type KnownToken } from '#features/directory/directory-tokens.service';

export type ScimRequest = FastifyRequest & { directoryToken?: KnownToken };

const BEARER = /^Bearer +(\S{1,512}) *$/i;

const REFUSALS = { expired: 'This token has expired', revoked: 'This token has been revoked' };

/** Lets an identity provider in by its token, and remembers a call with a token that no longer works: its tenant will wonder. */
@Injectable()
export class ScimGuard implements CanActivate {
  constructor(
    private readonly tokens: DirectoryTokens,
    private readonly calls: DirectoryCalls,
  ) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const request = host.switchToHttp().getRequest<ScimRequest>();
    const secret = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const token = secret === undefined ? undefined : await this.tokens.find(secret);
    if (!token) throw new Refused('not_authenticated', 'Send the header "Authorization: Bearer <token of the directory>"');
    if (token.refused) {
      const detail = REFUSALS[token.refused];
      await this.calls.note(token, { method: request.method, path: request.url, status: 401, reason: token.refused, detail });
      throw new Refused('not_authenticated', detail);
    }
    await this.expectPace(token, request);
    request.directoryToken = token;
    return true;
  }

  /** Of a flood the first refusal of a minute is remembered. @throws Refused */
  private async expectPace(token: KnownToken, { method, url }: ScimRequest): Promise<void> {
    const refusal = await this.tokens.count(token);
    if (!refusal) return;
    const detail = `A token makes at most ${MAX_CALLS_PER_MINUTE} calls a minute`;
    if (refusal.isFirst) await this.calls.note(token, { method, path: url, status: 429, reason: 'rate_limited', detail });
    throw new Refused('rate_limited', detail, undefined, refusal.retryAfterMs);
  }
}

/** The token that `ScimGuard` let in. */
export const TokenOf = createParamDecorator(
  (_: unknown, host: ExecutionContext) => host.switchToHttp().getRequest<ScimRequest>().directoryToken,
);
