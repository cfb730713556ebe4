import { Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { getBalance, listTransfers, type TransfersQuery } from '#contracts/native/ledger';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { LedgerService } from '#features/ledger/ledger.service';

@Controller()
export class LedgerController {
  constructor(private readonly ledger: LedgerService) {}

  @Operation(getBalance)
  async balance(@CallerOf() caller: Caller) {
    const { availableMicro, reservedMicro } = await this.ledger.balance(caller);
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
