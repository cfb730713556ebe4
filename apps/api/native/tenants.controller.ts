import { Body, Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type CreateTenant, createTenant, getTenant, listTenants, type UpdateTenant, updateTenant } from '#contracts/native/tenants';
import type { Caller } from '#core/access/caller';
import { formatCredits, parseCredits } from '#core/ledger/credits';
import { type TenantRow, TenantsService } from '#features/tenants/tenants.service';

@Controller()
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Operation(createTenant)
  async create(@CallerOf() caller: Caller, @Body(valid(createTenant.body)) wanted: CreateTenant) {
    return view(accepted(await this.tenants.create(caller, wanted)));
  }

  @Operation(listTenants)
  async list(@CallerOf() caller: Caller, @Query(valid(listTenants.query, 'query')) page: z.infer<typeof listTenants.query>) {
    return { tenants: (await this.tenants.list(caller, page)).map(view) };
  }

  @Operation(getTenant)
  async get(@CallerOf() caller: Caller, @Param('id') id: string) {
    return view(accepted(await this.tenants.get(caller, idOf(id))));
  }

  @Operation(updateTenant)
  async update(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(updateTenant.body)) wanted: UpdateTenant) {
    const { name, creditsLowAt, serviceTier } = wanted;
    const creditsLowMicro = typeof creditsLowAt === 'string' ? parseCredits(creditsLowAt) : creditsLowAt;
    return view(accepted(await this.tenants.update(caller, idOf(id), { name, creditsLowMicro, serviceTier })));
  }
}

function view({ id, name, parent_tenant_id, credits_low_micro, service_tier, created_at }: TenantRow) {
  return {
    id,
    name,
    parentTenantId: parent_tenant_id,
    creditsLowAt: credits_low_micro === null ? null : formatCredits(BigInt(credits_low_micro)),
    serviceTier: service_tier,
    createdAt: created_at.toISOString(),
  };
}
