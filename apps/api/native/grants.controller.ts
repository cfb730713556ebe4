import { Body, Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import type { PageQuery, TenantQuery } from '#contracts/native/common';
import {
  type Adjust,
  adjustCredits,
  type CreateGrant,
  createGrant,
  type FundBrand,
  fundBrand,
  listGrants,
  type RefundGeneration,
  refundGeneration,
} from '#contracts/native/grants';
import type { Caller } from '#core/access/caller';
import { formatCredits, parseCredits } from '#core/ledger/credits';
import { CreditsService, type GrantRow } from '#features/ledger/credits.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';

@Controller()
export class GrantsController {
  constructor(
    private readonly credits: CreditsService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(listGrants)
  async list(@CallerOf() caller: Caller, @Query(valid(listGrants.query, 'query')) { tenant, ...page }: PageQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    return { grants: (await this.credits.list(tenantId, page)).map(view) };
  }

  @Operation(createGrant)
  async create(
    @CallerOf() caller: Caller,
    @Query(valid(createGrant.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(createGrant.body)) { amount, effectiveAt, expiresAt, reason: _reason, ...wanted }: CreateGrant,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const grant = {
      ...wanted,
      tenantId,
      amountMicro: someCredits(amount),
      effectiveAt: effectiveAt === undefined ? undefined : new Date(effectiveAt),
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    };
    return view(accepted(await this.credits.grant(caller, grant)));
  }

  @Operation(fundBrand)
  async fund(@CallerOf() caller: Caller, @Body(valid(fundBrand.body)) { tenantId, amount }: FundBrand) {
    accepted(await this.reach.tenantOf(caller, tenantId));
    if (tenantId === caller.tenantId) throw new Refused('not_allowed', 'A tenant does not fund itself: name a brand');
    return { grants: accepted(await this.credits.fund(caller, tenantId, someCredits(amount))).map(view) };
  }

  @Operation(adjustCredits)
  async adjust(
    @CallerOf() caller: Caller,
    @Query(valid(adjustCredits.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(adjustCredits.body)) { direction, amount, reason }: Adjust,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    accepted(await this.credits.adjust(caller, tenantId, { direction, amountMicro: someCredits(amount), reason }));
    return { amount };
  }

  @Operation(refundGeneration)
  async refund(
    @CallerOf() caller: Caller,
    @Query(valid(refundGeneration.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(refundGeneration.body)) { generationId, amount, reason }: RefundGeneration,
  ) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const amountMicro = amount === undefined ? undefined : someCredits(amount);
    const { refundedMicro } = accepted(await this.credits.refund(caller, tenantId, { generationId, amountMicro, reason }));
    return { generationId, refunded: formatCredits(refundedMicro) };
  }
}

function someCredits(amount: string): bigint {
  const micro = parseCredits(amount);
  if (micro === 0n) throw new Refused('invalid_fields', 'amount must be more than zero');
  return micro;
}

function view(row: GrantRow) {
  return {
    id: row.id,
    source: row.source,
    amount: formatCredits(BigInt(row.amount_micro)),
    remaining: formatCredits(BigInt(row.remaining_micro)),
    priority: row.priority,
    effectiveAt: row.effective_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    closedAt: row.closed_at?.toISOString() ?? null,
    projectId: row.project_id,
    modelFamilies: row.model_families,
  };
}
