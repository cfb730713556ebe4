import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '#core/access/caller';
import { changePlan, type PlanName } from '#core/ledger/plans';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { grantCredits } from '#features/ledger/grants.service';
import { listPlanCharges, type RecordedPlanCharge, recordPlanCharge } from '#features/ledger/plan-charges';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface PlanRow {
  plan: PlanName;
  since: Date;
  next_plan: PlanName | null;
  next_at: Date | null;
}

/** Which plan a tenant has. Each later period is granted by a job. */
@Injectable()
export class PlansService {
  constructor(private readonly db: HotPool) {}

  async get(tenantId: string): Promise<PlanRow | undefined> {
    return this.db.transaction('get plan', [tenantId], (tx) => planRow(tx, tenantId));
  }

  /** Newest first. @param page from the charge after `after` */
  async charges(tenantId: string, page: { limit: number; after?: string }): Promise<RecordedPlanCharge[]> {
    return this.db.transaction('list plan charges', [tenantId], (tx) => listPlanCharges(tx, tenantId, page));
  }

  async set(caller: Caller, tenantId: string, plan: PlanName): Promise<PlanRow & { grantedMicro: bigint; usdCents: number }> {
    return this.db.transaction('set plan', [tenantId], async (tx) => {
      // The tenant's row orders changes: its plan may have none yet.
      await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]);
      const before = await planRow(tx, tenantId);
      const now = new Date();
      const change = changePlan(before?.plan ?? null, plan, now);
      const isNow = change.startsAt === 'now';
      if (!isNow) {
        const isBack = before?.plan === plan; // back to the plan there is: nothing follows it
        await tx.query('UPDATE tenant_plans SET next_plan = $2, next_at = $3 WHERE tenant_id = $1', [
          tenantId,
          isBack ? null : plan,
          isBack ? null : change.startsAt,
        ]);
      } else {
        await tx.query(
          `INSERT INTO tenant_plans (tenant_id, plan, since, granted_until) VALUES ($1, $2, $3, $4)
               ON CONFLICT (tenant_id) DO UPDATE SET plan = $2, since = $3, granted_until = $4, next_plan = NULL, next_at = NULL`,
          [tenantId, plan, now, plan === 'free' ? new Date(0) : change.endsAt],
        );
        await recordPlanCharge(tx, { tenantId, plan, usdCents: change.usdCents, startsAt: now, endsAt: change.endsAt });
        if (change.micro > 0n) {
          const grant = { tenantId, id: uuidv7(), accountId: uuidv7(), amountMicro: change.micro, expiresAt: change.endsAt };
          await grantCredits(tx, { ...grant, source: 'plan_period' });
        }
      }
      const effectiveAt = (isNow ? now : (change.startsAt as Date)).toISOString();
      const data = { plan, previousPlan: before?.plan ?? null, effectiveAt };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'plan.changed', data }]);
      await recordEvents(tx, [{ tenantId, type: 'plan.changed', data }]);
      const row = (await planRow(tx, tenantId)) as PlanRow;
      return { ...row, grantedMicro: isNow ? change.micro : 0n, usdCents: isNow ? change.usdCents : 0 };
    });
  }
}

async function planRow(tx: Tx, tenantId: string): Promise<PlanRow | undefined> {
  const [row] = await tx.query<PlanRow>('SELECT plan, since, next_plan, next_at FROM tenant_plans WHERE tenant_id = $1', [tenantId]);
  return row;
}
