import { Body, Controller, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { refuseForeignSite } from '#apps/api/auth/session-door';
import { SetupDoor } from '#apps/api/auth/setup-door';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { TenantQuery } from '#contracts/native/common';
import {
  type CreateSetupLink,
  createSetupLink,
  getSetup,
  listSetupLinks,
  type OpenSetup,
  openSetup,
  revokeSetupLink,
  type Setup,
} from '#contracts/native/setup-links';
import type { Caller } from '#core/access/caller';
import { setupLinkState } from '#core/access/setup-link';
import { csrfTokenOf } from '#features/sign-in/sessions.service';
import { type SetupAccess, type SetupLinkRow, SetupLinks } from '#features/sign-in/setup-links.service';

/** Links for a customer's IT, and what their browser does with one. */
@Controller()
export class SetupLinksController {
  constructor(
    private readonly links: SetupLinks,
    private readonly door: SetupDoor,
    private readonly cookie: SessionCookie,
  ) {}

  @Operation(createSetupLink)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createSetupLink.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createSetupLink.body)) wanted: CreateSetupLink,
  ) {
    const { link, token } = accepted(await this.links.create(caller, tenant, wanted));
    // Behind the #, which no browser sends: neither our logs nor a proxy's ever have it.
    return { ...view(link), url: `${this.cookie.publicOrigin}/setup#${token}` };
  }

  @Operation(listSetupLinks)
  async list(@CallerOf() caller: Caller, @Query(valid(listSetupLinks.query, 'query')) { tenant }: TenantQuery) {
    return { links: accepted(await this.links.list(caller, tenant)).map(view) };
  }

  @Operation(revokeSetupLink)
  async revoke(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(revokeSetupLink.query, 'query')) { tenant }: TenantQuery,
  ): Promise<void> {
    accepted(await this.links.revoke(caller, tenant, idOf(id)));
  }

  @Operation(openSetup)
  async open(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body(valid(openSetup.body)) { token: linkToken }: OpenSetup,
  ): Promise<Setup> {
    refuseForeignSite(request);
    const { token, access } = accepted(await this.links.open(linkToken));
    reply.header('set-cookie', this.cookie.keepSetup(token, access.expiresAt)).header('cache-control', 'no-store');
    return setupView(token, access);
  }

  @Operation(getSetup)
  async get(@Req() request: FastifyRequest): Promise<Setup> {
    const { token, access } = await this.door.enter(request, getSetup.setup);
    return setupView(token, access);
  }
}

function view(row: SetupLinkRow) {
  const { id, purpose, name, created_by: createdBy, opened_at, expires_at, revoked_at } = row;
  return {
    id,
    purpose,
    name,
    createdBy,
    state: setupLinkState({ openedAt: opened_at, revokedAt: revoked_at, expiresAt: expires_at }, new Date()),
    createdAt: row.created_at.toISOString(),
    openedAt: opened_at?.toISOString() ?? null,
    expiresAt: expires_at.toISOString(),
  };
}

function setupView(token: string, { linkId, purpose, tenantName, expiresAt }: SetupAccess): Setup {
  return { linkId, purpose, tenantName, expiresAt: expiresAt.toISOString(), csrfToken: csrfTokenOf(token) };
}
