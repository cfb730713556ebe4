import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { Refused } from '#apps/api/errors/refused';
import { OPERATION } from '#apps/api/operation.decorator';
import type { OperationContract } from '#contracts/operation';
import type { Caller } from '#core/access/caller';

/** Lets a caller in whose key has the scope that the route's contract names. Routes without a scope carry another permission, or none. */
@Injectable()
export class ApiKeyGuard extends AuthGuard('api-key') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(host: ExecutionContext): Promise<boolean> {
    const operation = this.reflector.get<OperationContract | undefined>(OPERATION, host.getHandler());
    if (!operation || operation.scope === null) return true;
    await super.canActivate(host);
    const caller = host.switchToHttp().getRequest<{ user: Caller }>().user;
    if (!caller.scopes.includes(operation.scope)) throw new Refused('scope_missing', `This API key lacks the scope ${operation.scope}`);
    return true;
  }

  override handleRequest<T>(error: unknown, caller: T): T {
    if (error) throw error;
    return caller;
  }
}
