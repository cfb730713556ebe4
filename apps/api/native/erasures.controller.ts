import { Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type ErasuresQuery, type Erasure as ErasureView, listErasures } from '#contracts/native/erasures';
import type { Caller } from '#core/access/caller';
import { type Erasure, ErasuresService } from '#features/retention/erasures.service';
import { TenantReach } from '#features/tenants/tenant-reach.service';

/** Proofs of what was erased. */
@Controller()
export class ErasuresController {
  constructor(
    private readonly erasures: ErasuresService,
    private readonly reach: TenantReach,
  ) {}

  @Operation(listErasures)
  async list(@CallerOf() caller: Caller, @Query(valid(listErasures.query, 'query')) { tenant, project, ...page }: ErasuresQuery) {
    const { tenantId } = accepted(await this.reach.tenantOf(caller, tenant));
    const rows = await this.erasures.list(tenantId, { ...page, project: caller.project?.id ?? project });
    return { erasures: rows.map(view) };
  }
}

function view({ finishedAt, erasedAt, objectsDeletedAt, ...row }: Erasure): ErasureView {
  return {
    ...row,
    finishedAt: finishedAt.toISOString(),
    deletedAt: erasedAt.toISOString(),
    objectsDeletedAt: objectsDeletedAt?.toISOString() ?? null,
  };
}
