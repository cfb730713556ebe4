import { Inject, Injectable, Logger } from '@nestjs/common';
import { CHAIN_START, SEALED_COLUMNS, type SealedContent, sealOf } from '#features/audit/audit-chain.service';
import { DatabaseUnavailable } from '#platform/database/failures';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const EVERY_MS = 2_000;
const MAX_TENANTS_AT_ONCE = 100;
const MAX_ENTRIES_AT_ONCE = 500;

/** Seals what was written into the audit log, a chain for each tenant. Several may run: each chain has a head that one of them locks. */
@Injectable()
export class AuditSealer extends Sweep {
  private readonly logger = new Logger('audit sealer');

  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'audit sealer', everyMs: EVERY_MS });
  }

  /** Ends when nothing waits. */
  async sweep(): Promise<void> {
    for (;;) {
      const tenants = await this.pool.query<{ tenant_id: string }>(
        `SELECT DISTINCT tenant_id FROM audit_pending LIMIT ${MAX_TENANTS_AT_ONCE}`,
      );
      let sealed = 0;
      for (const { tenant_id } of tenants) {
        if (this.isStopping) return;
        if (await this.sealTenant(tenant_id)) sealed += 1;
      }
      if (sealed === 0) return;
    }
  }

  /** A chain that somebody broke keeps no other from being sealed. */
  private async sealTenant(tenantId: string): Promise<boolean> {
    try {
      await this.pool.transaction('seal audit log', [], (tx) => sealTenant(tx, tenantId));
      return true;
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      this.logger.error({ msg: 'entries of the audit log cannot be sealed', tenantId, error });
      return false;
    }
  }
}

async function sealTenant(tx: Tx, tenantId: string): Promise<void> {
  await tx.query('INSERT INTO audit_heads (tenant_id, sequence, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', [tenantId, CHAIN_START]);
  const [head] = await tx.query<{ sequence: string; hash: Buffer }>(
    'SELECT sequence, hash FROM audit_heads WHERE tenant_id = $1 FOR UPDATE',
    [tenantId],
  );
  if (!head) throw new Error(`tenant ${tenantId} has no head of its chain`);
  const entries = await tx.query<SealedContent>(
    `SELECT ${SEALED_COLUMNS} FROM audit_pending p JOIN audit_log l ON l.tenant_id = p.tenant_id AND l.id = p.entry_id
      WHERE p.tenant_id = $1 ORDER BY p.entry_id LIMIT ${MAX_ENTRIES_AT_ONCE}`,
    [tenantId],
  );
  let { hash } = head;
  let sequence = BigInt(head.sequence);
  const seals = entries.map((entry) => {
    sequence += 1n;
    hash = sealOf(hash, sequence, entry);
    return { sequence, entryId: entry.id, hash };
  });
  if (seals.length === 0) return;
  await tx.query(
    `WITH sealed AS (
       INSERT INTO audit_seals (tenant_id, sequence, entry_id, hash)
       SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::bytea[])
     ), waited AS (
       DELETE FROM audit_pending WHERE tenant_id = $1 AND entry_id = ANY ($3::uuid[])
     )
     UPDATE audit_heads SET sequence = $5, hash = $6 WHERE tenant_id = $1`,
    [tenantId, seals.map((one) => one.sequence), seals.map(({ entryId }) => entryId), seals.map((one) => one.hash), sequence, hash],
  );
}
