import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { formatCredits } from '#core/ledger/credits';
import { grantOf, PLANS, type PlanName } from '#core/ledger/plans';
import { recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { grantCredits } from '#features/ledger/grants.service';
import { recordPlanCharge } from '#features/ledger/plan-charges';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const EVERY_MS = 30_000;
const MAX_TENANTS_AT_ONCE = 100;

/** Grants and charges each period of each plan once, soon after it begins, and lets the next plan begin when it is due. Several may run. */
@Injectable()
export class PlanPeriods extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'plan periods', everyMs: EVERY_MS });
  }

  /** Ends when every plan's period at this time is granted. */
  async sweep(now = new Date()): Promise<void> {
    let granted: number;
    do {
      granted = await this.pool.transaction('grant plan periods', [], (tx) => grantSome(tx, now));
    } while (granted === MAX_TENANTS_AT_ONCE);
  }
}

async function grantSome(tx: Tx, now: Date): Promise<number> {
  const due = await tx.query<{ tenant_id: string; plan: PlanName }>(
    `SELECT tenant_id, CASE WHEN next_at <= $1 THEN next_plan ELSE plan END AS plan FROM tenant_plans
      WHERE granted_until <= $1 ORDER BY tenant_id LIMIT ${MAX_TENANTS_AT_ONCE} FOR UPDATE SKIP LOCKED`,
    [now],
  );
  for (const { tenant_id: tenantId, plan } of due) {
    const { source, micro, startsAt, endsAt, modelFamilies } = grantOf(plan, now);
    const id = uuidv7();
    const grant = {
      tenantId,
      id,
      accountId: uuidv7(),
      amountMicro: micro,
      source,
      effectiveAt: startsAt,
      expiresAt: endsAt,
      modelFamilies,
    };
    await grantCredits(tx, grant);
    await recordPlanCharge(tx, { tenantId, plan, usdCents: PLANS[plan].usdCents, startsAt, endsAt });
    await tx.query(
      `UPDATE tenant_plans SET granted_until = $2, plan = $3, since = CASE WHEN next_at <= $4 THEN next_at ELSE since END,
              next_plan = CASE WHEN next_at <= $4 THEN NULL ELSE next_plan END, next_at = CASE WHEN next_at <= $4 THEN NULL ELSE next_at END
        WHERE tenant_id = $1`,
      [tenantId, endsAt, plan, now],
    );
    const data = { grantId: id, source, amountCredits: formatCredits(micro), expiresAt: endsAt.toISOString() };
    await recordAudit(tx, [{ tenantId, actor: { kind: 'system', id: 'plan periods' }, action: 'credits.granted', targetId: id, data }]);
    await recordEvents(tx, [{ tenantId, type: 'credits.granted', data }]);
  }
  return due.length;
}
