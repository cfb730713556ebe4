import type { PlanName } from '#core/ledger/plans';
import type { Tx } from '#platform/database/tx';

export interface PlanCharge {
  tenantId: string;
  plan: PlanName;
  /** For this period, or for the rest of it after an upgrade. */
  usdCents: number;
  startsAt: Date;
  endsAt: Date;
}

/** What a plan costs in money, in the transaction that grants its credits: an invoice has nothing to work out again. Nothing is written of what is free. */
export async function recordPlanCharge(tx: Tx, { tenantId, plan, usdCents, startsAt, endsAt }: PlanCharge): Promise<void> {
  if (usdCents <= 0) return;
  await tx.query('INSERT INTO plan_charges (tenant_id, plan, usd_cents, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5)', [
    tenantId,
    plan,
    usdCents,
    startsAt,
    endsAt,
  ]);
}
