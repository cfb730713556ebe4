import { Body, Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  type Commitment,
  type CommitmentQuote,
  cancelCommitment,
  getCommitment,
  listCommitments,
  type OrderCommitment,
  orderCommitment,
  quoteCommitment,
  renewCommitment,
  resizeCommitment,
  type TransferCommitment,
  transferCommitment,
} from '#contracts/native/commitments';
import type { TenantQuery } from '#contracts/native/common';
import type { Caller } from '#core/access/caller';
import { dayOf, isoDay } from '#core/capacity/days';
import { formatCredits } from '#core/ledger/credits';
import type { CommitmentRow } from '#features/capacity/commitment-rows';
import { CommitmentsService, type CommitmentQuote as Quoted, type WantedOrder } from '#features/capacity/commitments.service';

/** Orders of provisioned units. */
@Controller()
export class CommitmentsController {
  constructor(private readonly commitments: CommitmentsService) {}

  @Operation(quoteCommitment)
  async quote(
    @CallerOf() caller: Caller,
    @Query(valid(quoteCommitment.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(quoteCommitment.body)) order: OrderCommitment,
  ) {
    return quoteView(accepted(await this.commitments.quote(caller, wanted(order, tenant))));
  }

  @Operation(orderCommitment)
  async order(
    @CallerOf() caller: Caller,
    @Query(valid(orderCommitment.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(orderCommitment.body)) order: OrderCommitment,
  ) {
    return view(accepted(await this.commitments.order(caller, wanted(order, tenant))));
  }

  @Operation(listCommitments)
  async list(@CallerOf() caller: Caller, @Query(valid(listCommitments.query, 'query')) { tenant }: TenantQuery) {
    return { commitments: accepted(await this.commitments.list(caller, tenant)).map(view) };
  }

  @Operation(getCommitment)
  async get(@CallerOf() caller: Caller, @Param('id') id: string, @Query(valid(getCommitment.query, 'query')) { tenant }: TenantQuery) {
    return view(accepted(await this.commitments.get(caller, tenant, idOf(id))));
  }

  @Operation(resizeCommitment)
  async resize(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(resizeCommitment.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(resizeCommitment.body)) { moreUnits }: z.infer<typeof resizeCommitment.body>,
  ) {
    return view(accepted(await this.commitments.enlarge(caller, tenant, idOf(id), moreUnits)));
  }

  @Operation(renewCommitment)
  async renew(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(renewCommitment.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(renewCommitment.body)) { months }: z.infer<typeof renewCommitment.body>,
  ) {
    return view(accepted(await this.commitments.renew(caller, tenant, idOf(id), months)));
  }

  @Operation(transferCommitment)
  async transfer(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(transferCommitment.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(transferCommitment.body)) { toTenantId, units }: TransferCommitment,
  ) {
    const { moved, rest } = accepted(await this.commitments.transfer(caller, tenant, idOf(id), { tenantId: toTenantId, units }));
    return { moved: view(moved), rest: rest && view(rest) };
  }

  @Operation(cancelCommitment)
  async cancel(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(cancelCommitment.query, 'query')) { tenant }: TenantQuery,
  ) {
    return view(accepted(await this.commitments.cancel(caller, tenant, idOf(id))));
  }
}

function wanted({ startsOn, ...order }: OrderCommitment, tenant: string | undefined): WantedOrder {
  return { ...order, tenant, startsOn: startsOn === undefined ? undefined : dayOf(startsOn) };
}

function quoteView({ poolClass, terms, charges }: Quoted): CommitmentQuote {
  const totalMicro = charges.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  return {
    poolClass,
    units: terms.units,
    startsOn: isoDay(terms.startsOn),
    endsOn: isoDay(terms.endsOn),
    price: {
      unitMonthUsd: usd(terms.unitMonthCents),
      totalCredits: formatCredits(totalMicro),
      firstMonthCredits: formatCredits(charges[0]?.amountMicro ?? 0n),
    },
    charges: charges.map(({ dueOn, amountMicro }) => ({ dueOn: isoDay(dueOn), amountCredits: formatCredits(amountMicro) })),
  };
}

function view(row: CommitmentRow): Commitment {
  const { id, tenantId, poolClass, units, state, origin, followsId, isRenewed } = row;
  return {
    id,
    tenantId,
    poolClass,
    units,
    startsOn: isoDay(row.startsOn),
    endsOn: isoDay(row.endsOn),
    state,
    origin,
    followsId,
    unitMonthUsd: usd(row.unitMonthCents),
    totalCredits: formatCredits(row.totalMicro),
    paidCredits: formatCredits(row.paidMicro),
    overdueCredits: formatCredits(row.overdueMicro),
    creditedCredits: formatCredits(row.creditedMicro),
    isRenewed,
    orderedAt: row.orderedAt.toISOString(),
  };
}

function usd(cents: number): string {
  return (cents / 100).toFixed(2);
}
