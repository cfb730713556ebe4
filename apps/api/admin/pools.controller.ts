import { Body, Controller, Param } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { listPools, type SetPoolTerms, setPoolTerms } from '#contracts/admin/pools';
import type { Caller } from '#core/access/caller';
import { PoolsService } from '#features/nodes/pools.service';

@Controller()
export class PoolsController {
  constructor(private readonly pools: PoolsService) {}

  @Operation(listPools)
  async list() {
    return { pools: await this.pools.list() };
  }

  @Operation(setPoolTerms)
  async setTerms(@CallerOf() caller: Caller, @Param('poolId') poolId: string, @Body(valid(setPoolTerms.body)) terms: SetPoolTerms) {
    return accepted(await this.pools.setTerms(caller, poolId, terms));
  }
}
