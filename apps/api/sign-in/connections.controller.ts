import { Body, Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { UrlsOfConnections } from '#apps/api/sign-in/connection-urls';
import type { TenantQuery } from '#contracts/native/common';
import {
  type CreateConnection,
  type CreateSamlConnection,
  createConnection,
  createSamlConnection,
  listConnections,
  removeConnection,
  type SetSamlProvider,
  setSamlProvider,
} from '#contracts/native/connections';
import type { Caller } from '#core/access/caller';
import { type ConnectionRow, ConnectionsService } from '#features/sign-in/connections.service';
import { describeCertificate } from '#features/sign-in/saml/provider-metadata';

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

  @Operation(createSamlConnection)
  async createSaml(
    @CallerOf() caller: Caller,
    @Query(valid(createSamlConnection.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createSamlConnection.body)) wanted: CreateSamlConnection,
  ) {
    return this.view(accepted(await this.connections.createSaml(caller, tenant, wanted)));
  }

  @Operation(setSamlProvider)
  async setProvider(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(setSamlProvider.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(setSamlProvider.body)) given: SetSamlProvider,
  ) {
    return this.view(accepted(await this.connections.setProvider(caller, tenant, idOf(id), given)));
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
    const { id, kind, name, default_role: defaultRole } = row;
    const common = { id, kind, name, defaultRole, createdAt: row.created_at.toISOString() };
    if (row.kind === 'oidc') {
      const { issuer, clientId } = row.settings;
      return { ...common, issuer, clientId, saml: null, callbackUrl: this.urls.oidc(id) };
    }
    const { issuer = null, ssoUrl = null, certificates = [], allowsIdpInitiated } = row.settings;
    const { assertionUrl, entityId } = this.urls.saml(id);
    const saml = { entityId, ssoUrl, certificates: certificates.map(describeCertificate), allowsIdpInitiated };
    return { ...common, issuer, clientId: null, saml, callbackUrl: assertionUrl };
  }
}
