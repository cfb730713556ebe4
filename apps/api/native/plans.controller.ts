import { Body, Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import { getPlan, listPlanCharges, type SetPlan, setPlan } from '#contracts/native/plans';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { type PlanRow, PlansService } from '#features/ledger/plans.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';

@Controller()
export class PlansController {
  constructor(
    private readonly plans: PlansService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(getPlan)
  async get(@CallerOf() caller: Caller, @Query(valid(getPlan.query, 'query')) { tenant }: TenantQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    return view(await this.plans.get(tenantId));
  }

  @Operation(listPlanCharges)
  async charges(@CallerOf() caller: Caller, @Query(valid(listPlanCharges.query, 'query')) { tenant, ...page }: PageQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    return { charges: await this.plans.charges(tenantId, page) };
  }

  @Operation(setPlan)
  async set(
    @CallerOf() caller: Caller,
    @Query(valid(setPlan.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(setPlan.body)) { plan }: SetPlan,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const { grantedMicro, usdCents, ...row } = await this.plans.set(caller, tenantId, plan);
    return { ...view(row), grantedNow: formatCredits(grantedMicro), chargeUsdCents: usdCents };
  }
}

function view(row: PlanRow | undefined) {
  return {
    plan: row?.plan ?? null,
    since: row?.since.toISOString() ?? null,
    nextPlan: row?.next_plan ?? null,
    nextAt: row?.next_at?.toISOString() ?? null,
  };
}
