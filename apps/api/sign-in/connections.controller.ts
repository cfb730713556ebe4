import { Body, Controller, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { TenantQuery } from '#contracts/native/common';
import {
  type CreateConnection,
  createConnection,
  finishSignIn,
  listConnections,
  removeConnection,
  type SignInStart,
  startSignIn,
} from '#contracts/native/connections';
import type { Caller } from '#core/access/caller';
import { type ConnectionRow, ConnectionsService } from '#features/sign-in/connections.service';
import { OidcSignIn } from '#features/sign-in/oidc-sign-in.service';

/** Set-up of identity providers, and the way through one. */
@Controller()
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly oidc: OidcSignIn,
    private readonly cookie: SessionCookie,
  ) {}

  @Operation(createConnection)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createConnection.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createConnection.body)) wanted: CreateConnection,
  ) {
    return this.view(accepted(await this.connections.create(caller, tenant, wanted)));
  }

  @Operation(listConnections)
  async list(@CallerOf() caller: Caller, @Query(valid(listConnections.query, 'query')) page: z.infer<typeof listConnections.query>) {
    return { connections: accepted(await this.connections.list(caller, page)).map((row) => this.view(row)) };
  }

  @Operation(removeConnection)
  async remove(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(removeConnection.query, 'query')) { tenant }: TenantQuery,
  ): Promise<void> {
    accepted(await this.connections.remove(caller, tenant, idOf(id)));
  }

  @Operation(startSignIn)
  async start(@Query(valid(startSignIn.query, 'query')) wanted: SignInStart, @Res() reply: FastifyReply): Promise<void> {
    const { url, browser } = accepted(await this.oidc.start(wanted, (id) => this.callbackUrl(id)));
    await reply.header('set-cookie', this.cookie.keepPending(browser)).header('cache-control', 'no-store').redirect(url, 303);
  }

  @Operation(finishSignIn)
  async finish(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { cookie } = request.headers;
    const current = new URL(this.callbackUrl(idOf(id)));
    current.search = new URL(request.url, current).search;
    const way = { current, browser: this.cookie.pendingIn(cookie), replaces: this.cookie.tokenIn(cookie) };
    const { token, returnTo } = accepted(await this.oidc.finish(idOf(id), way));
    await reply
      .header('set-cookie', [this.cookie.keep(token), this.cookie.forgetPending()])
      .header('cache-control', 'no-store')
      .redirect(returnTo, 303);
  }

  private callbackUrl(id: string): string {
    return `${this.cookie.publicOrigin}/api/v1/sign-in/connections/${id}/callback`;
  }

  private view({ id, kind, name, settings, default_role, created_at }: ConnectionRow) {
    const { issuer, clientId } = settings;
    return {
      id,
      kind,
      name,
      issuer,
      clientId,
      defaultRole: default_role,
      callbackUrl: this.callbackUrl(id),
      createdAt: created_at.toISOString(),
    };
  }
}
