import { createHash } from 'node:crypto';
import { type ErasureRule, erasureRuleOf } from '#core/retention/retention';
import { type AuditEntry, recordAudit } from '#features/audit/audit.service';
import type { ErasedObject, FoundSubject, Subject } from '#features/retention/subject';
import type { Tx } from '#platform/database/tx';

interface LockedRow {
  tenant_id: string;
  id: string;
  project_id: string | null;
  finished_at: Date;
  deleted_at: Date | null;
  retention_days: number | null;
  legal_hold: boolean | null;
  /** All that it was asked for. */
  asked: string;
}

type Ruled = LockedRow & { subject: Subject['subject']; rule: ErasureRule; objects: readonly ErasedObject[] };

/** Writes the proofs and empties the rows of those that the rule still covers, now that they are locked. @returns those */
export async function eraseAll(tx: Tx, found: readonly FoundSubject[], now: Date): Promise<Subject[]> {
  const ruled: Ruled[] = [];
  for (const [subject, lock] of Object.entries(LOCK) as [Subject['subject'], string][]) {
    const those = found.filter((one) => one.subject === subject);
    if (those.length === 0) continue;
    const objectsOf = new Map(those.map(({ id, objects }) => [id, objects]));
    const rows = await tx.query<LockedRow>(lock, [those.map(({ tenantId }) => tenantId), those.map(({ id }) => id)]);
    for (const row of rows) {
      const { finished_at: finishedAt, deleted_at: deletedAt, retention_days: retentionDays } = row;
      const rule = erasureRuleOf({ finishedAt, deletedAt, retentionDays, onLegalHold: row.legal_hold ?? false }, now);
      if (rule) ruled.push({ ...row, subject, rule, objects: objectsOf.get(row.id) ?? [] });
    }
  }
  if (ruled.length === 0) return [];
  await writeProofs(tx, ruled, now);
  for (const subject of ['generation', 'batch'] as const) {
    const those = ruled.filter((one) => one.subject === subject);
    const parameters = [those.map(({ tenant_id }) => tenant_id), those.map(({ id }) => id)];
    if (those.length > 0) for (const empty of EMPTY[subject](now)) await tx.query(empty.sql, [...parameters, ...empty.more]);
  }
  await recordAudit(tx, auditOf(ruled));
  return ruled.map(({ tenant_id, subject, id }) => ({ tenantId: tenant_id, subject, id }));
}

const THOSE = 'SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS those (tenant_id, id)';

const LOCK = {
  generation: `
    SELECT g.tenant_id, g.id, g.project_id, g.finished_at, g.deleted_at, p.retention_days, p.legal_hold,
           jsonb_build_array(g.seed, g.prompt, g.request, g.recipe)::text AS asked
      FROM generations g LEFT JOIN projects p ON p.tenant_id = g.tenant_id AND p.id = g.project_id
     WHERE (g.tenant_id, g.id) IN (${THOSE}) AND g.finished_at IS NOT NULL AND g.erased_at IS NULL
     ORDER BY g.id FOR UPDATE OF g`,
  batch: `
    SELECT b.tenant_id, b.id, b.project_id, b.finished_at, NULL::timestamptz AS deleted_at, p.retention_days, p.legal_hold,
           jsonb_build_array(b.options, encode(b.source_sha256, 'hex'))::text AS asked
      FROM batches b LEFT JOIN projects p ON p.tenant_id = b.tenant_id AND p.id = b.project_id
     WHERE (b.tenant_id, b.id) IN (${THOSE}) AND b.finished_at IS NOT NULL AND b.work IS NULL AND b.erased_at IS NULL
     ORDER BY b.id FOR UPDATE OF b`,
} satisfies Record<Subject['subject'], string>;

/** What holds words or pictures of the customer goes; money, times and states stay. */
const EMPTY: Record<Subject['subject'], (now: Date) => { sql: string; more: unknown[] }[]> = {
  generation: (now) => [
    {
      sql: `UPDATE generations SET prompt = '', request = '{}', recipe = NULL, assets = NULL, callback_url = NULL, erased_at = $3
             WHERE (tenant_id, id) IN (${THOSE})`,
      more: [now],
    },
    { sql: `UPDATE checkpoints SET outcome = '{}' WHERE (tenant_id, generation_id) IN (${THOSE})`, more: [] },
    { sql: `DELETE FROM review_comments WHERE (tenant_id, generation_id) IN (${THOSE})`, more: [] },
    { sql: `UPDATE row_versions SET note = NULL WHERE (tenant_id, generation_id) IN (${THOSE})`, more: [] },
  ],
  batch: (now) => [
    {
      sql: `UPDATE batches SET options = '{}', sheets = 0, source_key = NULL, erased_at = $3 WHERE (tenant_id, id) IN (${THOSE})`,
      more: [now],
    },
    { sql: `DELETE FROM batch_errors WHERE (tenant_id, batch_id) IN (${THOSE})`, more: [] },
  ],
};

async function writeProofs(tx: Tx, ruled: readonly Ruled[], now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO erasures (tenant_id, subject, subject_id, project_id, rule, retention_days, finished_at, request_sha256, objects, erased_at)
     SELECT v.tenant_id, v.subject, v.subject_id, v.project_id, v.rule, v.retention_days, v.finished_at, decode(v.sha256, 'hex'), v.objects, $10
       FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::timestamptz[], $8::text[], $9::jsonb[])
            AS v (tenant_id, subject, subject_id, project_id, rule, retention_days, finished_at, sha256, objects)`,
    [
      ruled.map(({ tenant_id }) => tenant_id),
      ruled.map(({ subject }) => subject),
      ruled.map(({ id }) => id),
      ruled.map(({ project_id }) => project_id),
      ruled.map(({ rule }) => rule),
      ruled.map(({ rule, retention_days }) => (rule === 'project_retention' ? retention_days : null)),
      ruled.map(({ finished_at }) => finished_at),
      ruled.map(({ asked }) => createHash('sha256').update(asked).digest('hex')),
      ruled.map(({ objects }) => JSON.stringify(objects)),
      now,
    ],
  );
}

/** One entry a project and rule: the proofs tell each subject. */
function auditOf(ruled: readonly Ruled[]): AuditEntry[] {
  const entries = new Map<string, AuditEntry & { data: { rule: ErasureRule; generations: number; batches: number } }>();
  for (const { tenant_id: tenantId, project_id, rule, subject } of ruled) {
    const key = `${tenantId} ${project_id} ${rule}`;
    const entry = entries.get(key) ?? {
      tenantId,
      actor: { kind: 'system', id: 'erasure sweep' },
      action: 'retention.erased',
      targetId: project_id ?? undefined,
      data: { rule, generations: 0, batches: 0 },
    };
    entry.data[subject === 'batch' ? 'batches' : 'generations'] += 1;
    entries.set(key, entry);
  }
  return [...entries.values()];
}
