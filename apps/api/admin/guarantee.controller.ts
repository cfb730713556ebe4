import { Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  type LendingQuery,
  listGuaranteeMisses,
  listLending,
  listRecalls,
  type MissesQuery,
  type RecallsQuery,
} from '#contracts/admin/guarantee';
import type { Caller } from '#core/access/caller';
import { GuaranteeMissesService } from '#features/capacity/guarantee-misses.service';
import { LendingDaysService } from '#features/capacity/lending-days.service';
import { RecallsService } from '#features/capacity/recalls.service';

/** What lies behind a month's guarantee: its misses, and the recalls that keep it. */
@Controller()
export class GuaranteeController {
  constructor(
    private readonly recalls: RecallsService,
    private readonly misses: GuaranteeMissesService,
    private readonly lending: LendingDaysService,
  ) {}

  @Operation(listRecalls)
  async listRecalls(@Query(valid(listRecalls.query, 'query')) { poolClass, before, limit }: RecallsQuery) {
    const recalls = await this.recalls.list(poolClass, before === undefined ? new Date() : new Date(before), limit);
    return { recalls: recalls.map((recall) => ({ ...recall, recalledAt: recall.recalledAt.toISOString() })) };
  }

  @Operation(listLending)
  async listLending(@Query(valid(listLending.query, 'query')) { poolClass, before, limit }: LendingQuery) {
    return { days: await this.lending.list(poolClass, before ?? 'infinity', limit) };
  }

  @Operation(listGuaranteeMisses)
  async listMisses(
    @CallerOf() caller: Caller,
    @Query(valid(listGuaranteeMisses.query, 'query')) { tenant, poolClass, month }: MissesQuery,
  ) {
    const misses = accepted(await this.misses.list(caller, tenant, poolClass, month));
    return {
      misses: misses.map(({ generationId, queuedAt, dueAt, startedAt }) => ({
        generationId,
        queuedAt: queuedAt.toISOString(),
        dueAt: dueAt.toISOString(),
        startedAt: startedAt.toISOString(),
        lateMs: startedAt.getTime() - dueAt.getTime(),
      })),
    };
  }
}
