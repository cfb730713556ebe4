import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import { type CreateKey, createKey, listKeys, type RotateKey, revokeKey, rotateKey } from '#contracts/native/keys';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { type ApiKeyRow, KeysService, type NewKey } from '#features/tenants/keys.service';

@Controller()
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Operation(createKey)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createKey.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createKey.body)) wanted: CreateKey,
  ) {
    return newView(accepted(await this.keys.create(caller, tenant, wanted)));
  }

  @Operation(listKeys)
  async list(@CallerOf() caller: Caller, @Query(valid(listKeys.query, 'query')) page: PageQuery) {
    return { keys: accepted(await this.keys.list(caller, page)).map(view) };
  }

  @Operation(rotateKey)
  async rotate(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(rotateKey.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(rotateKey.body)) { overlapSeconds }: RotateKey,
  ) {
    return newView(accepted(await this.keys.rotate(caller, tenant, idOf(id), overlapSeconds)));
  }

  @Operation(revokeKey)
  async revoke(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(revokeKey.query, 'query')) { tenant }: TenantQuery,
  ): Promise<void> {
    accepted(await this.keys.revoke(caller, tenant, idOf(id)));
  }
}

function newView({ secret, ...key }: NewKey) {
  return { ...view(key), key: secret };
}

function view(row: ApiKeyRow) {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    projectId: row.project_id,
    serviceTier: row.service_tier,
    monthlyCap: row.monthly_cap_micro === null ? null : formatCredits(BigInt(row.monthly_cap_micro)),
    createsPerMinute: row.creates_per_minute,
    maxConcurrent: row.max_concurrent,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    replacesKeyId: row.replaces_key_id,
  };
}
