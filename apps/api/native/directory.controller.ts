import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { ScimUrls } from '#apps/api/scim/scim-urls';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import {
  type CallsQuery,
  createDirectoryToken,
  getDirectory,
  listDirectoryCalls,
  listDirectoryGroups,
  listDirectoryTokens,
  revokeDirectoryToken,
  rotateDirectoryToken,
  type SetGroupRoles,
  setGroupRoles,
  type UpdateDirectory,
  updateDirectory,
} from '#contracts/native/directory';
import type { RotateKey } from '#contracts/native/keys';
import type { Caller } from '#core/access/caller';
import { explainCall } from '#core/directory/explain-call';
import { type DirectoryCallRow, DirectoryCalls } from '#features/directory/directory-calls.service';
import { DirectoryRoles, type DirectoryState } from '#features/directory/directory-roles.service';
import { type DirectoryTokenRow, DirectoryTokens, type NewDirectoryToken } from '#features/directory/directory-tokens.service';

/** Set-up of the directory: tokens, roles of groups, and what the identity provider did. */
@Controller()
export class DirectoryController {
  constructor(
    private readonly tokens: DirectoryTokens,
    private readonly roles: DirectoryRoles,
    private readonly calls: DirectoryCalls,
    private readonly urls: ScimUrls,
  ) {}

  @Operation(getDirectory)
  async get(@CallerOf() caller: Caller, @Query(valid(getDirectory.query, 'query')) { tenant }: TenantQuery) {
    return this.view(accepted(await this.roles.state(caller, tenant)));
  }

  @Operation(updateDirectory)
  async update(
    @CallerOf() caller: Caller,
    @Query(valid(updateDirectory.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(updateDirectory.body)) { defaultRole }: UpdateDirectory,
  ) {
    return this.view(accepted(await this.roles.setDefaultRole(caller, tenant, defaultRole)));
  }

  @Operation(createDirectoryToken)
  async createToken(@CallerOf() caller: Caller, @Query(valid(createDirectoryToken.query, 'query')) { tenant }: TenantQuery) {
    return newView(accepted(await this.tokens.create(caller, tenant)));
  }

  @Operation(listDirectoryTokens)
  async listTokens(@CallerOf() caller: Caller, @Query(valid(listDirectoryTokens.query, 'query')) { tenant }: TenantQuery) {
    return { tokens: accepted(await this.tokens.list(caller, tenant)).map(tokenView) };
  }

  @Operation(rotateDirectoryToken)
  async rotateToken(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(rotateDirectoryToken.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(rotateDirectoryToken.body)) { overlapSeconds }: RotateKey,
  ) {
    return newView(accepted(await this.tokens.rotate(caller, tenant, idOf(id), overlapSeconds)));
  }

  @Operation(revokeDirectoryToken)
  async revokeToken(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(revokeDirectoryToken.query, 'query')) { tenant }: TenantQuery,
  ): Promise<void> {
    accepted(await this.tokens.revoke(caller, tenant, idOf(id)));
  }

  @Operation(listDirectoryGroups)
  async listGroups(@CallerOf() caller: Caller, @Query(valid(listDirectoryGroups.query, 'query')) page: PageQuery) {
    return { groups: accepted(await this.roles.groups(caller, page)) };
  }

  @Operation(setGroupRoles)
  async setRoles(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(setGroupRoles.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(setGroupRoles.body)) wanted: SetGroupRoles,
  ) {
    return accepted(await this.roles.setRoles(caller, tenant, idOf(id), wanted));
  }

  @Operation(listDirectoryCalls)
  async listCalls(@CallerOf() caller: Caller, @Query(valid(listDirectoryCalls.query, 'query')) { refused, ...page }: CallsQuery) {
    return { calls: accepted(await this.calls.list(caller, { ...page, refused: refused === 'true' })).map(callView) };
  }

  private view(state: DirectoryState) {
    return { scimUrl: this.urls.base(), ...state };
  }
}

function newView({ secret, ...token }: NewDirectoryToken) {
  return { ...tokenView(token), token: secret };
}

function tokenView(row: DirectoryTokenRow) {
  return {
    id: row.id,
    prefix: row.prefix,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    replacesTokenId: row.replaces_token_id,
  };
}

function callView({ id, at, token_id: tokenId, method, path, status, reason, detail }: DirectoryCallRow) {
  return { id, at: at.toISOString(), tokenId, method, path, status, detail, explanation: explainCall(reason) ?? null };
}
