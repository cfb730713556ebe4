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

export interface RecordedPlanCharge extends Omit<PlanCharge, 'tenantId'> {
  id: string;
  createdAt: Date;
}

/** Newest first. @param after the id of the last one of the page before */
export async function listPlanCharges(
  tx: Tx,
  tenantId: string,
  { limit, after }: { limit: number; after?: string },
): Promise<RecordedPlanCharge[]> {
  return tx.query<RecordedPlanCharge>(
    `SELECT id, plan, usd_cents AS "usdCents", starts_at AS "startsAt", ends_at AS "endsAt", created_at AS "createdAt"
       FROM plan_charges WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [tenantId, after ?? null, limit],
  );
}
