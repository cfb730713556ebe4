import { Inject, Injectable } from '@nestjs/common';
import { formatCredits } from '#core/ledger/credits';
import { expire } from '#core/ledger/expire';
import { recordEvents } from '#features/events/events.service';
import { lockAccounts, saveMovements } from '#features/ledger/movements.service';
import { HotPool } from '#platform/database/hot-pool';
import type { HotTx, Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 60_000;
const MAX_TENANTS_AT_ONCE = 100;
const MAX_WARNINGS_AT_ONCE = 500;
const WARN_DAYS_AHEAD = 7;

/** Closes grants that have expired, and warns of those that will within a week. Several of these may run at once. */
@Injectable()
export class GrantExpiry extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'grant expiry', everyMs: SWEEP_EVERY_MS });
  }

  /** Ends when nothing is left to expire or to warn of. */
  async sweep(): Promise<void> {
    for (;;) {
      const tenants = await this.pool.query<{ tenant_id: string }>(
        `SELECT DISTINCT tenant_id FROM grants WHERE closed_at IS NULL AND expires_at <= now() LIMIT ${MAX_TENANTS_AT_ONCE}`,
      );
      let closed = 0;
      for (const { tenant_id } of tenants) {
        if (this.isStopping) return;
        closed += await this.pool.transaction('expire grants', [], (tx) => expireGrants(tx, tenant_id, new Date()));
      }
      if (closed === 0) break; // nothing is due, by this process's clock
    }
    while (!this.isStopping && (await this.pool.transaction('warn of expiries', [], warnOfExpiries)) === MAX_WARNINGS_AT_ONCE);
  }
}

async function expireGrants(tx: HotTx, tenantId: string, now: Date): Promise<number> {
  const accounts = await lockAccounts(tx, [tenantId]);
  const before = accounts.get(tenantId);
  if (!before) return 0;
  const { expired, transfers, accounts: after } = expire(before, now);
  if (transfers.length > 0) saveMovements(tx, new Map([[tenantId, after]]), [{ tenantId, generationId: null, transfers }]);
  await tx.query('UPDATE grants SET closed_at = $3 WHERE tenant_id = $1 AND id = ANY ($2::uuid[])', [
    tenantId,
    expired.map(({ grantId }) => grantId),
    now,
  ]);
  await recordEvents(
    tx,
    expired
      .filter(({ remainingMicro }) => remainingMicro > 0n)
      .map(({ grantId, remainingMicro }) => ({
        tenantId,
        type: 'grant.expired',
        data: { grantId, expiredCredits: formatCredits(remainingMicro) },
      })),
  );
  return expired.length;
}

async function warnOfExpiries(tx: Tx): Promise<number> {
  const rows = await tx.query<{ tenant_id: string; id: string; expires_at: Date; balance_micro: string }>(
    `WITH due AS (
       SELECT tenant_id, id FROM grants
        WHERE closed_at IS NULL AND expiring_told_at IS NULL
          AND expires_at > now() AND expires_at <= now() + interval '${WARN_DAYS_AHEAD} days'
        LIMIT ${MAX_WARNINGS_AT_ONCE} FOR UPDATE SKIP LOCKED
     )
     UPDATE grants g SET expiring_told_at = now()
       FROM due JOIN accounts a ON a.tenant_id = due.tenant_id AND a.grant_id = due.id
      WHERE g.tenant_id = due.tenant_id AND g.id = due.id
     RETURNING g.tenant_id, g.id, g.expires_at, a.balance_micro`,
  );
  await recordEvents(
    tx,
    rows
      .filter(({ balance_micro }) => BigInt(balance_micro) > 0n)
      .map((grant) => ({
        tenantId: grant.tenant_id,
        type: 'grant.expiring',
        data: {
          grantId: grant.id,
          remainingCredits: formatCredits(BigInt(grant.balance_micro)),
          expiresAt: grant.expires_at.toISOString(),
        },
      })),
  );
  return rows.length;
}
