import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { askedTierOf } from '#apps/api/auth/asked-tier-of';
import { onceOf } from '#apps/api/auth/once-of';
import type { Caller } from '#core/access/caller';

/** The caller that `CallerGuard` let in, the tier that its call names, and how its call is known when it is sent again. */
export const CallerOf = createParamDecorator((_: unknown, host: ExecutionContext): Caller => {
  const { user, headers } = host.getArgByIndex<FastifyRequest & { user: Caller }>(0);
  const [askedTier, once] = [askedTierOf(headers), onceOf(headers)];
  return askedTier || once ? { ...user, askedTier, once } : user;
});
