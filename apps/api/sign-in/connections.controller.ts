import { Body, Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { UrlsOfConnections } from '#apps/api/sign-in/connection-urls';
import type { TenantQuery } from '#contracts/native/common';
import {
  type ChangeConnection,
  type CreateConnection,
  changeConnection,
  createConnection,
  listConnections,
  removeConnection,
  type SetProvider,
  setProvider,
} from '#contracts/native/connections';
import type { Caller } from '#core/access/caller';
import { type ConnectionRow, ConnectionsService } from '#features/sign-in/connections.service';
import type { OidcSettings } from '#features/sign-in/known-connections.service';
import { describeCertificate, type SamlProvider } from '#features/sign-in/saml/provider-metadata';

/** Set-up of identity providers. */
@Controller()
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly urls: UrlsOfConnections,
  ) {}

  @Operation(createConnection)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createConnection.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createConnection.body)) wanted: CreateConnection,
  ) {
    return this.view(accepted(await this.connections.create(caller, tenant, wanted)));
  }

  @Operation(setProvider)
  async setProvider(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(setProvider.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(setProvider.body)) given: SetProvider,
  ) {
    return this.view(accepted(await this.connections.setProvider(caller, tenant, idOf(id), given)));
  }

  @Operation(changeConnection)
  async change(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(changeConnection.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(changeConnection.body)) wanted: ChangeConnection,
  ) {
    return this.view(accepted(await this.connections.change(caller, tenant, idOf(id), wanted)));
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

  private view(row: ConnectionRow) {
    const { id, kind, provider, name, state } = row;
    const { assertionUrl, entityId } = this.urls.saml(id);
    return {
      id,
      kind,
      provider,
      name,
      state,
      tested: configuration(row.settings),
      edited: configuration(row.edited_settings),
      isOwnerTested: row.is_owner_tested,
      allowsIdpInitiated: row.allows_idp_initiated,
      defaultRole: row.default_role,
      callbackUrl: kind === 'oidc' ? this.urls.oidc(id) : assertionUrl,
      entityId: kind === 'oidc' ? null : entityId,
      createdAt: row.created_at.toISOString(),
    };
  }
}

function configuration(settings: OidcSettings | SamlProvider | null) {
  if (!settings) return null;
  const { issuer } = settings;
  if ('clientId' in settings) return { issuer, clientId: settings.clientId, ssoUrl: null, certificates: [] };
  return { issuer, clientId: null, ssoUrl: settings.ssoUrl, certificates: settings.certificates.map(describeCertificate) };
}
