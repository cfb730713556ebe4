import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller } from '#core/access/caller';

/** The caller that `ApiKeyGuard` let in. */
export const CallerOf = createParamDecorator(
  (_: unknown, host: ExecutionContext): Caller => host.switchToHttp().getRequest<{ user: Caller }>().user,
);
