import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { listOperatorViews, type OpenTenant, openTenant, viewTenant } from '#contracts/admin/tenants';
import type { TenantQuery } from '#contracts/native/common';
import type { Caller } from '#core/access/caller';
import { limitsOfPlan } from '#core/access/key-limits';
import { formatCredits } from '#core/ledger/credits';
import { LedgerService } from '#features/ledger/ledger.service';
import { type OperatorView, TenantViewsService } from '#features/operators/tenant-views.service';

/** Tenants as the platform's staff look at them, and what the tenants see of that. */
@Controller()
export class OperatorTenantsController {
  constructor(
    private readonly views: TenantViewsService,
    private readonly ledger: LedgerService,
  ) {}

  @Operation(openTenant)
  async open(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(openTenant.body)) { reason }: OpenTenant) {
    return viewOf(accepted(await this.views.open(caller, idOf(id), reason)));
  }

  @Operation(viewTenant)
  async view(@CallerOf() caller: Caller, @Param('id') given: string) {
    const { view, createdAt, creditsLowMicro, incidents, generations, ...tenant } = accepted(await this.views.find(caller, idOf(given)));
    const { availableMicro, reservedMicro } = await this.ledger.balance({ tenantId: tenant.id });
    return {
      ...tenant,
      view: viewOf(view),
      createdAt: createdAt.toISOString(),
      limits: limitsOfPlan(tenant.limitPlan),
      availableCredits: formatCredits(availableMicro),
      reservedCredits: formatCredits(reservedMicro),
      creditsLowAt: creditsLowMicro === null ? null : formatCredits(BigInt(creditsLowMicro)),
      incidents: incidents.map((incident) => ({ ...incident, since: incident.since.toISOString() })),
      generations: generations.map((generation) => ({ ...generation, createdAt: generation.createdAt.toISOString() })),
    };
  }

  @Operation(listOperatorViews)
  async list(@CallerOf() caller: Caller, @Query(valid(listOperatorViews.query, 'query')) { tenant }: TenantQuery) {
    return { views: accepted(await this.views.list(caller, tenant)).map(viewOf) };
  }
}

function viewOf({ openedAt, endsAt, ...view }: OperatorView) {
  return { ...view, openedAt: openedAt.toISOString(), endsAt: endsAt.toISOString() };
}
