import { Injectable } from '@nestjs/common';
import type { Caller } from '#core/access/caller';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What work may be made of, by its project or, without one, by its tenant. */
export type WorkTerms = Required<Pick<Caller, 'allowedModels' | 'closedPoolClasses'>>;

/** How long a tenant's terms are remembered: as long as those of an API key. */
const CACHE_MS = 5_000;
const MAX_CACHED_TENANTS = 10_000;

/** Classes of which every pool trains, for work that rules that out. @param noTraining SQL; null is true, since that is usual */
export const closedPoolClasses = (noTraining: string) => `ARRAY(
  SELECT o.pool_class FROM pools o WHERE coalesce(${noTraining}, true) GROUP BY o.pool_class HAVING bool_and(o.trains_on_inputs))`;

/** @param projectId null for work without one */
export async function readWorkTerms(tx: Tx, tenantId: string, projectId: string | null): Promise<WorkTerms> {
  const [terms] = await tx.query<WorkTerms>(
    `SELECT CASE WHEN p.id IS NULL THEN s.allowed_models ELSE p.allowed_models END AS "allowedModels",
            ${closedPoolClasses('p.no_training')} AS "closedPoolClasses"
       FROM tenants t LEFT JOIN tenant_settings s ON s.tenant_id = t.id LEFT JOIN projects p ON p.tenant_id = t.id AND p.id = $2
      WHERE t.id = $1`,
    [tenantId, projectId],
  );
  if (!terms) throw new Error(`tenant ${tenantId} is gone`);
  return terms;
}

/** Terms of people, who ask again and again and work without a project. */
@Injectable()
export class WorkTermsService {
  private readonly cached = new Map<string, { terms: Promise<WorkTerms>; until: number }>();

  constructor(private readonly db: HotPool) {}

  of(tenantId: string): Promise<WorkTerms> {
    const now = Date.now();
    const known = this.cached.get(tenantId);
    if (known && known.until > now) return known.terms;
    const terms = this.db.transaction('terms of work', [tenantId], (tx) => readWorkTerms(tx, tenantId, null));
    terms.catch(() => this.cached.delete(tenantId)); // a failed look-up is not remembered
    this.cached.delete(tenantId);
    this.cached.set(tenantId, { terms, until: now + CACHE_MS });
    if (this.cached.size > MAX_CACHED_TENANTS) this.cached.delete(this.cached.keys().next().value as string);
    return terms;
  }
}
