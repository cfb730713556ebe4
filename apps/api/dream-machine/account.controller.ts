import { Controller } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { Operation } from '#apps/api/operation.decorator';
import { getCredits, ping } from '#contracts/dream-machine/operations';
import type { Caller } from '#core/access/caller';
import { usdCentsOf } from '#core/ledger/credits';
import { LedgerService } from '#features/ledger/ledger.service';

@Controller()
export class DreamMachineAccountController {
  constructor(private readonly ledger: LedgerService) {}

  @Operation(ping)
  ping() {
    return { message: 'pong' as const };
  }

  @Operation(getCredits)
  async credits(@CallerOf() caller: Caller) {
    const { availableMicro } = await this.ledger.balance(caller);
    return { credit_balance: usdCentsOf(availableMicro) };
  }
}
