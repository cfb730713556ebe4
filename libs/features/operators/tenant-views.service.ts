import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import {
  MAX_GENERATIONS_LOOKED_AT,
  MAX_GENERATIONS_SHOWN,
  MAX_INCIDENTS,
  MAX_VIEWS_LISTED,
  VIEW_LASTS_MS,
} from '#features/operators/limits';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** One look of the platform's staff into a tenant. */
export interface OperatorView {
  id: string;
  reason: string;
  openedAt: Date;
  endsAt: Date;
}

export interface Incident {
  kind: 'paused' | 'failed' | 'endpoint_disabled' | 'unpaid_charge' | 'guarantee_missed';
  since: Date;
  detail: string;
}

export interface ShownGeneration {
  id: string;
  model: string;
  serviceTier: string;
  state: string;
  createdAt: Date;
  failureReason: string | null;
}

export interface ViewedTenant {
  id: string;
  name: string;
  parentTenantId: string | null;
  serviceTier: ServiceTier;
  limitPlan: string;
  createdAt: Date;
  creditsLowMicro: string | null;
  plan: string | null;
  nextPlan: string | null;
  view: OperatorView;
  incidents: Incident[];
  generations: ShownGeneration[];
}

const VIEW_COLUMNS = 'id, reason, opened_at AS "openedAt", ends_at AS "endsAt"';

/** Tenants as the platform's staff may look at them: opened with a reason, for an hour, read-only, and never in secret. */
@Injectable()
export class TenantViewsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async open(caller: Caller, tenantId: string, reason: string): Promise<OperatorView | NamedRefusal> {
    return this.db.transaction('open tenant', [tenantId], async (tx) => {
      const known = await tx.query('SELECT 1 FROM tenants WHERE id = $1', [tenantId]);
      if (known.length === 0) return NOT_FOUND;
      const [view] = await tx.query<OperatorView>(
        `INSERT INTO operator_views (tenant_id, actor_id, reason, ends_at) VALUES ($1, $2, $3, now() + $4::int * interval '1 millisecond')
         RETURNING ${VIEW_COLUMNS}`,
        [tenantId, actorOf(caller).id, reason, VIEW_LASTS_MS],
      );
      const { endsAt } = view as OperatorView;
      const data = { reason, endsAt: endsAt.toISOString() };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'operator.viewed', targetId: tenantId, data }]);
      return view as OperatorView;
    });
  }

  /** Only while the caller has it open. */
  async find(caller: Caller, tenantId: string): Promise<ViewedTenant | NamedRefusal> {
    return this.db.transaction('view tenant', [tenantId], async (tx) => {
      const [tenant] = await tx.query<Omit<ViewedTenant, 'view' | 'incidents' | 'generations'>>(
        `SELECT t.id, t.name, t.parent_tenant_id AS "parentTenantId", t.service_tier AS "serviceTier", t.limit_plan AS "limitPlan",
                t.created_at AS "createdAt", t.credits_low_micro AS "creditsLowMicro", p.plan, p.next_plan AS "nextPlan"
           FROM tenants t LEFT JOIN tenant_plans p ON p.tenant_id = t.id WHERE t.id = $1`,
        [tenantId],
      );
      if (!tenant) return NOT_FOUND;
      const [view] = await tx.query<OperatorView>(
        `SELECT ${VIEW_COLUMNS} FROM operator_views WHERE tenant_id = $1 AND actor_id = $2 AND ends_at > now() ORDER BY id DESC LIMIT 1`,
        [tenantId, actorOf(caller).id],
      );
      if (!view) return { refused: 'not_allowed', detail: 'Open this tenant first, with a reason: the tenant is told' };
      const newest = await tx.query<ShownGeneration>(
        `SELECT id, model, service_tier AS "serviceTier", state, created_at AS "createdAt", failure_reason AS "failureReason" FROM generations
          WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${MAX_GENERATIONS_LOOKED_AT}`,
        [tenantId],
      );
      const incidents = [...(await readIncidents(tx, tenantId)), ...failuresAmong(newest)];
      return { ...tenant, view, incidents, generations: newest.slice(0, MAX_GENERATIONS_SHOWN) };
    });
  }

  /** For the tenant: who looked, newest first. */
  async list(caller: Caller, tenant: string | undefined): Promise<OperatorView[] | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('operator views', [reached.tenantId], (tx) =>
      tx.query<OperatorView>(
        `SELECT ${VIEW_COLUMNS} FROM operator_views WHERE tenant_id = $1 AND opened_at > now() - interval '30 days' ORDER BY id DESC
          LIMIT ${MAX_VIEWS_LISTED}`,
        [reached.tenantId],
      ),
    );
  }
}

async function readIncidents(tx: Tx, tenantId: string): Promise<Incident[]> {
  return tx.query<Incident>(
    `SELECT 'paused' AS kind, paused_at AS since, reason AS detail FROM tenant_pauses WHERE tenant_id = $1
     UNION ALL
     SELECT 'endpoint_disabled', disabled_at, disabled_reason FROM webhook_endpoints WHERE tenant_id = $1 AND disabled_at IS NOT NULL
     UNION ALL
     SELECT 'unpaid_charge', due_on::timestamptz, commitment_id::text FROM commitment_charges
      WHERE tenant_id = $1 AND paid_at IS NULL AND due_on <= (now() AT TIME ZONE 'UTC')::date
     UNION ALL
     SELECT 'guarantee_missed', month::timestamptz, pool_class || ': ' || starts - kept_starts || ' of ' || starts FROM guarantee_months
      WHERE tenant_id = $1 AND kept_starts < starts AND month > now() - interval '3 months'
     ORDER BY 2 DESC LIMIT ${MAX_INCIDENTS}`,
    [tenantId],
  );
}

/** One incident a reason, since the oldest of them. */
function failuresAmong(newest: readonly ShownGeneration[]): Incident[] {
  const failed = newest.filter(({ state }) => state === 'failed');
  return [...Map.groupBy(failed, ({ failureReason }) => failureReason ?? 'no reason')].map(([reason, group]) => ({
    kind: 'failed',
    since: group.at(-1)?.createdAt as Date,
    detail: `${group.length} × ${reason}`,
  }));
}
