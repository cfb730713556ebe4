import { createHash } from 'node:crypto';
import type { Tx } from '#platform/database/tx';

/** What a hash covers, as the database writes it: the same bytes whenever they are read. */
export interface SealedContent {
  tenant_id: string;
  id: string;
  actor_tenant_id: string;
  actor_kind: string;
  actor_id: string;
  action: string;
  target_id: string | null;
  data_text: string;
  at_text: string;
}

export const SEALED_COLUMNS = `l.tenant_id, l.id, l.actor_tenant_id, l.actor_kind, l.actor_id, l.action, l.target_id, l.data::text AS data_text,
  to_char(l.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at_text`;

/** Where every chain begins. */
export const CHAIN_START = Buffer.alloc(32);

/** The hash of an entry covers the one before it, so that no entry can be changed, left out or put between without breaking every later one. */
export function sealOf(before: Buffer, sequence: bigint, entry: SealedContent): Buffer {
  const { tenant_id, id, actor_tenant_id, actor_kind, actor_id, action, target_id, data_text, at_text } = entry;
  const content = [sequence.toString(), tenant_id, id, actor_tenant_id, actor_kind, actor_id, action, target_id, data_text, at_text];
  return createHash('sha256').update(before).update(JSON.stringify(content)).digest();
}

const PAGE_ROWS = 2_000;

/** What is wrong with the chains of the audit log: one line a break, empty when all is well. Entries that wait for their seal are none. */
export async function auditBreaks(tx: Tx): Promise<string[]> {
  // One view of everything, or a seal written meanwhile would look like a break. It has to be the transaction's first statement.
  await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await tx.query('SET LOCAL statement_timeout = 0');
  const breaks = await tx.query<{ line: string }>(
    `SELECT format('tenant %s: entry %s is neither sealed nor waiting for it', l.tenant_id, l.id) AS line
       FROM audit_log l
      WHERE NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.tenant_id = l.tenant_id AND s.entry_id = l.id)
        AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.tenant_id = l.tenant_id AND p.entry_id = l.id)
      LIMIT 100`,
  );
  const tenants = await tx.query<{ tenant_id: string; sequence: string; hash: Buffer }>(
    `SELECT tenant_id, coalesce(h.sequence, 0) AS sequence, h.hash
       FROM (SELECT DISTINCT tenant_id FROM audit_seals UNION SELECT tenant_id FROM audit_heads) AS sealed
       LEFT JOIN audit_heads h USING (tenant_id) ORDER BY tenant_id`,
  );
  const lines = breaks.map(({ line }) => line);
  for (const head of tenants) lines.push(...(await breaksOf(tx, head)));
  return lines;
}

async function breaksOf(tx: Tx, head: { tenant_id: string; sequence: string; hash: Buffer | null }): Promise<string[]> {
  let hash: Buffer = CHAIN_START;
  let sequence = 0n;
  for (;;) {
    const rows = await tx.query<SealedContent & { sequence: string; hash: Buffer }>(
      `SELECT s.sequence, s.hash, ${SEALED_COLUMNS}
         FROM audit_seals s LEFT JOIN audit_log l ON l.tenant_id = s.tenant_id AND l.id = s.entry_id
        WHERE s.tenant_id = $1 AND s.sequence > $2 ORDER BY s.sequence LIMIT ${PAGE_ROWS}`,
      [head.tenant_id, sequence],
    );
    for (const row of rows) {
      sequence += 1n;
      if (BigInt(row.sequence) !== sequence) return [`tenant ${head.tenant_id}: seal ${sequence} is missing`];
      hash = sealOf(hash, sequence, row);
      if (!hash.equals(row.hash)) return [`tenant ${head.tenant_id}: entry ${row.id} of seal ${sequence} is not what was sealed`];
    }
    if (rows.length < PAGE_ROWS) break;
  }
  const isHead = sequence === BigInt(head.sequence) && (head.hash?.equals(hash) ?? false);
  return isHead ? [] : [`tenant ${head.tenant_id}: the chain ends at seal ${sequence}, its head says ${head.sequence}`];
}
