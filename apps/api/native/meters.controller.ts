import { Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { idOf } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { metersView } from '#apps/api/native/meters-view';
import { Operation } from '#apps/api/operation.decorator';
import { type ExplainQuery, explainGeneration } from '#contracts/admin/scheduling';
import { getGenerationMeters } from '#contracts/native/generations';
import type { Caller } from '#core/access/caller';
import { GenerationMetersService } from '#features/scheduling/generation-meters.service';

/** What a generation uses and waits for: for its tenant, and for operators whom somebody asks why. */
@Controller()
export class MetersController {
  constructor(private readonly meters: GenerationMetersService) {}

  @Operation(getGenerationMeters)
  async ofOwn(@CallerOf() { tenantId }: Caller, @Param('id') id: string) {
    return this.of(tenantId, id);
  }

  @Operation(explainGeneration)
  async ofAny(@Param('id') id: string, @Query(valid(explainGeneration.query, 'query')) { tenantId }: ExplainQuery) {
    return this.of(tenantId, id);
  }

  private async of(tenantId: string, id: string) {
    const meters = await this.meters.of(tenantId, idOf(id));
    if (!meters) throw new Refused('not_found', 'Generation not found');
    return metersView(meters);
  }
}
