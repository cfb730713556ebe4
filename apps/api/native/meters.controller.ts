import { Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { idOf } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { explainedView, metersView, waitView } from '#apps/api/native/meters-view';
import { Operation } from '#apps/api/operation.decorator';
import { type ExplainQuery, explainGeneration } from '#contracts/admin/scheduling';
import { getGenerationMeters, getGenerationWait } from '#contracts/native/generations';
import type { Caller } from '#core/access/caller';
import { GenerationMetersService } from '#features/scheduling/generation-meters.service';

/** What a generation uses and waits for: for its tenant, and for operators whom somebody asks why. */
@Controller()
export class MetersController {
  constructor(private readonly meters: GenerationMetersService) {}

  @Operation(getGenerationMeters)
  async ofOwn(@CallerOf() { tenantId }: Caller, @Param('id') id: string) {
    return metersView(await this.of(tenantId, id));
  }

  @Operation(getGenerationWait)
  async waitOfOwn(@CallerOf() { tenantId }: Caller, @Param('id') id: string) {
    const meters = await this.of(tenantId, id);
    return { state: meters.state, wait: waitView(meters) };
  }

  @Operation(explainGeneration)
  async ofAny(@Param('id') id: string, @Query(valid(explainGeneration.query, 'query')) { tenantId }: ExplainQuery) {
    return explainedView(await this.of(tenantId, id, true));
  }

  private async of(tenantId: string, id: string, wantsRules = false) {
    const meters = await this.meters.of(tenantId, idOf(id), wantsRules);
    if (!meters) throw new Refused('not_found', 'Generation not found');
    return meters;
  }
}
