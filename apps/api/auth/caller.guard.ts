import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GuestDoor } from '#apps/api/auth/guest-door';
import { KeyDoor } from '#apps/api/auth/key-door';
import { SessionDoor } from '#apps/api/auth/session-door';
import { SetupDoor } from '#apps/api/auth/setup-door';
import { endWhenShutOut } from '#apps/api/auth/stream-watch';
import { Refused } from '#apps/api/errors/refused';
import { OPERATION } from '#apps/api/operation.decorator';
import type { OperationContract } from '#contracts/operation';
import type { Caller } from '#core/access/caller';
import type { Scope } from '#core/access/scopes';
import { isFreshProof } from '#core/access/session';
import { isPlatformStaff } from '#features/tenants/tenant-reach.service';

/**
 * Lets a caller in whose key, or whose role, has the scope that the route's contract names. A session is taken on native routes, where no
 * key is sent. Whoever opened a set-up link comes to the routes that name its purpose; for a guest there are their own routes and no others. Routes without a scope belong to the session itself, carry another permission, or none.
 */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: KeyDoor,
    private readonly sessions: SessionDoor,
    private readonly setups: SetupDoor,
    private readonly guests: GuestDoor,
  ) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const operation = this.reflector.get<OperationContract | undefined>(OPERATION, host.getHandler());
    if (!operation) return true;
    const request = host.getArgByIndex<FastifyRequest & { user: Caller }>(0);
    if (operation.guest) return this.guests.admit(request);
    if (operation.scope !== null && this.guests.isOnlyGuest(request)) throw new Refused('not_found', 'Not found');
    if (operation.session) await this.sessions.enter(request);
    if (operation.setup && (operation.scope === null || this.setups.isTried(request))) return this.admitSetup(request, operation);
    if (operation.scope === null) return true;
    const isPerson = operation.path.startsWith('/api/v1/') && this.sessions.isTried(request);
    request.user = await (isPerson ? this.sessions : this.keys).callerOf(request);
    if (!request.user.scopes.includes(operation.scope)) {
      // What only operators do does not exist for others.
      if (operation.scope.startsWith('platform:') && !isPlatformStaff(request.user)) throw new Refused('not_found', 'Not found');
      throw new Refused('scope_missing', `${isPerson ? 'Your role here' : 'This API key'} lacks the scope ${operation.scope}`);
    }
    if (operation.mediaTypes?.includes('text/event-stream')) this.keepWatch(host, operation.scope, isPerson);
    const { person } = request.user;
    if (operation.stepUp && person && !isFreshProof(person.verifiedAt, new Date())) {
      throw new Refused('step_up_needed', 'This needs a sign-in within the last hour: sign in again at /sign-in, then repeat it');
    }
    return true;
  }

  /** Of an answer that goes on: it ends soon after its caller lost the way in. */
  private keepWatch(host: ExecutionContext, scope: Scope, isPerson: boolean): void {
    endWhenShutOut(host.getArgByIndex<FastifyRequest>(0), host.getArgByIndex<FastifyReply>(1), async (request) => {
      const { scopes } = await (isPerson ? this.sessions.callerAgain(request) : this.keys.callerOf(request));
      if (!scopes.includes(scope)) throw new Refused('scope_missing', `${scope} is gone`);
    });
  }

  private async admitSetup(request: FastifyRequest & { user: Caller }, { setup, scope }: OperationContract): Promise<true> {
    if (setup && scope) request.user = await this.setups.callerOf(request, setup, scope);
    else if (setup) await this.setups.enter(request, setup);
    return true;
  }
}
