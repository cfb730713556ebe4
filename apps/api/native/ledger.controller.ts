import { Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { getBalance, listTransfers, type TransfersQuery } from '#contracts/native/ledger';
import type { BalanceQuery } from '#contracts/native/statements';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { LedgerService } from '#features/ledger/ledger.service';
import { StatementsService } from '#features/ledger/statements.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';

@Controller()
export class LedgerController {
  constructor(
    private readonly ledger: LedgerService,
    private readonly statements: StatementsService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(getBalance)
  async balance(@CallerOf() caller: Caller, @Query(valid(getBalance.query, 'query')) { tenant, at }: BalanceQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const { availableMicro, reservedMicro } =
      at === undefined ? await this.ledger.balance({ tenantId }) : await this.statements.balanceAt(tenantId, new Date(at));
    return { availableCredits: formatCredits(availableMicro), reservedCredits: formatCredits(reservedMicro) };
  }

  @Operation(listTransfers)
  async transfers(@CallerOf() caller: Caller, @Query(valid(listTransfers.query, 'query')) { generation, limit }: TransfersQuery) {
    const transfers = await this.ledger.transfers(caller, { generationId: generation, limit });
    return {
      transfers: transfers.map(({ amountMicro, createdAt, ...transfer }) => ({
        ...transfer,
        amountCredits: formatCredits(amountMicro),
        createdAt: createdAt.toISOString(),
      })),
    };
  }
}
