import { FUNDING_ACCOUNT_ID, type GrantSource, type TransferCode } from '#core/ledger/accounts';
import type { Tx } from '#platform/database/tx';

/** A lot of credits to be given. Absent means: no end, priority 0, for everything. */
export interface NewGrant {
  tenantId: string;
  id: string;
  accountId: string;
  amountMicro: bigint;
  source?: GrantSource;
  priority?: number;
  effectiveAt?: Date;
  expiresAt?: Date | null;
  projectId?: string | null;
  modelFamilies?: readonly string[] | null;
  /** The account it comes from and the code that says why; by default new credits from funding. */
  from?: { accountId: string; code: TransferCode; generationId?: string; leg?: number };
}

const FROM_FUNDING: NonNullable<NewGrant['from']> = { accountId: FUNDING_ACCOUNT_ID, code: 'grant' };

/** Gives a tenant credits: a grant, the account it is spent from, and the transfer that fills it. @returns false if it was there already: may run again */
export async function grantCredits(tx: Tx, grant: NewGrant): Promise<boolean> {
  const { tenantId, id, accountId, amountMicro, from = FROM_FUNDING } = grant;
  const made = await tx.query(
    `INSERT INTO grants (tenant_id, id, source, amount_micro, priority, effective_at, expires_at, project_id, model_families)
     VALUES ($1, $2, $3, $4, $5, coalesce($6, now()), $7, $8, $9) ON CONFLICT DO NOTHING RETURNING 1`,
    [
      tenantId,
      id,
      grant.source ?? 'top_up',
      amountMicro,
      grant.priority ?? 0,
      grant.effectiveAt ?? null,
      grant.expiresAt ?? null,
      grant.projectId ?? null,
      grant.modelFamilies ?? null,
    ],
  );
  if (made.length === 0) return false;
  await tx.query(`INSERT INTO accounts (tenant_id, id, kind, grant_id, balance_micro) VALUES ($1, $2, 'available', $3, $4)`, [
    tenantId,
    accountId,
    id,
    amountMicro,
  ]);
  await tx.query(
    `INSERT INTO transfers (tenant_id, debit_account_id, credit_account_id, amount_micro, code, generation_id, leg) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [tenantId, from.accountId, accountId, amountMicro, from.code, from.generationId ?? null, from.leg ?? 0],
  );
  return true;
}
