import { formatCredits } from '#core/ledger/credits';
import { monthOf, type SpendingCap } from '#core/ledger/spending-cap';
import { recordEvents } from '#features/events/events.service';
import type { Tx } from '#platform/database/tx';

/** What one submit counts against. */
export interface Spender {
  tenantId: string;
  apiKeyId: string;
  projectId?: string | null;
  caps?: readonly SpendingCap[];
}

/** What capped projects and keys have used of this month, as it stands under the lock of their tenants' accounts. */
export interface Spending {
  month: string;
  /** As it was before the group. */
  before: ReadonlyMap<string, bigint>;
  /** Grows while a group is folded over it. */
  used: Map<string, bigint>;
  /** Subjects that have a row of this month already. */
  counted: ReadonlySet<string>;
  /** Subjects whose tenant knows already that this month's budget did not suffice. */
  told: ReadonlySet<string>;
}

/**
 * Reads what the caps of these submits need; asks nothing of the database when there are none.
 * A subject that was never counted this month starts at what its generations hold and have spent.
 */
export async function readSpending(tx: Tx, spenders: readonly Spender[], now: Date): Promise<Spending> {
  const month = monthOf(now);
  const subjects = new Map(spenders.flatMap(({ tenantId, caps = [] }) => caps.map(({ subjectId }) => [subjectId, tenantId] as const)));
  if (subjects.size === 0) return { month, before: new Map(), used: new Map(), counted: new Set(), told: new Set() };
  const rows = await tx.query<{ subject_id: string; used_micro: string; counted: boolean; told: boolean }>(
    `SELECT v.subject_id, s.used_micro IS NOT NULL AS counted, s.told_at IS NOT NULL AS told,
            coalesce(s.used_micro,
                     (SELECT sum(g.price_micro) FROM generations g
                       WHERE g.tenant_id = v.tenant_id AND v.subject_id IN (g.project_id, g.api_key_id)
                         AND g.created_at >= $3::date::timestamp AT TIME ZONE 'UTC' AND g.state NOT IN ('failed', 'cancelled')),
                     0) AS used_micro
       FROM unnest($1::uuid[], $2::uuid[]) AS v (tenant_id, subject_id)
       LEFT JOIN spending_months s ON s.tenant_id = v.tenant_id AND s.subject_id = v.subject_id AND s.month = $3`,
    [[...subjects.values()], [...subjects.keys()], month],
  );
  const before = new Map(rows.map(({ subject_id, used_micro }) => [subject_id, BigInt(used_micro)]));
  return {
    month,
    before,
    used: new Map(before),
    counted: new Set(rows.filter(({ counted }) => counted).map(({ subject_id }) => subject_id)),
    told: new Set(rows.filter(({ told }) => told).map(({ subject_id }) => subject_id)),
  };
}

/** Subjects that a submit counts against: its project always, so that a budget may come later; its key when it is capped. */
export function subjectsOf({ projectId, caps = [] }: Spender): string[] {
  return [...new Set([...(projectId ? [projectId] : []), ...caps.map(({ subjectId }) => subjectId)])];
}

/** The part of a group's statement that counts what its members reserved. @param first number of the first free parameter */
export function spendingCte(
  first: number,
  { month, before }: Spending,
  accepted: readonly { spender: Spender; priceMicro: bigint }[],
): { sql: string; parameters: unknown[] } | undefined {
  const added = new Map<string, { tenantId: string; addedMicro: bigint }>();
  for (const { spender, priceMicro } of accepted) {
    for (const subjectId of subjectsOf(spender)) {
      const soFarMicro = added.get(subjectId)?.addedMicro ?? 0n;
      added.set(subjectId, { tenantId: spender.tenantId, addedMicro: soFarMicro + priceMicro });
    }
  }
  if (added.size === 0) return undefined;
  const rows = [...added].map(([subjectId, row]) => ({ subjectId, ...row, firstMicro: (before.get(subjectId) ?? 0n) + row.addedMicro }));
  const at = (offset: number) => `$${first + offset}`;
  return {
    sql: `
      counted AS (
        INSERT INTO spending_months AS s (tenant_id, subject_id, month, used_micro)
        SELECT v.tenant_id, v.subject_id, ${at(4)}::date, v.first_micro
          FROM unnest(${at(0)}::uuid[], ${at(1)}::uuid[], ${at(2)}::bigint[], ${at(3)}::bigint[])
               AS v (tenant_id, subject_id, first_micro, added_micro)
            ON CONFLICT (tenant_id, subject_id, month) DO UPDATE
           SET used_micro = s.used_micro + (
                 SELECT a.added_micro FROM unnest(${at(1)}::uuid[], ${at(3)}::bigint[]) AS a (subject_id, added_micro)
                  WHERE a.subject_id = s.subject_id)
      )`,
    parameters: [
      rows.map(({ tenantId }) => tenantId),
      rows.map(({ subjectId }) => subjectId),
      rows.map(({ firstMicro }) => firstMicro),
      rows.map(({ addedMicro }) => addedMicro),
      month,
    ],
  };
}

/** Counts what was reserved, in a statement of its own. */
export async function countSpending(
  tx: Tx,
  spending: Spending,
  accepted: readonly { spender: Spender; priceMicro: bigint }[],
): Promise<void> {
  const counted = spendingCte(1, spending, accepted);
  if (counted) await tx.query(`WITH ${counted.sql} SELECT`, counted.parameters);
}

/** A budget that did not suffice for a request. */
export interface ExceededCap {
  tenantId: string;
  cap: SpendingCap;
}

/** Tells tenants, once a month, that a project's budget did not suffice. */
export async function tellExceeded(tx: Tx, { month, before, used, told }: Spending, exceeded: readonly ExceededCap[]): Promise<void> {
  const fresh = new Map(
    exceeded.filter(({ cap }) => cap.kind === 'project' && !told.has(cap.subjectId)).map((one) => [one.cap.subjectId, one] as const),
  );
  if (fresh.size === 0) return;
  const rows = [...fresh.values()];
  await tx.query(
    `INSERT INTO spending_months (tenant_id, subject_id, month, used_micro, told_at)
     SELECT v.tenant_id, v.subject_id, $4, v.used_micro, now() FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS v (tenant_id, subject_id, used_micro)
         ON CONFLICT (tenant_id, subject_id, month) DO UPDATE SET told_at = now()`,
    [
      rows.map(({ tenantId }) => tenantId),
      rows.map(({ cap }) => cap.subjectId),
      rows.map(({ cap }) => before.get(cap.subjectId) ?? 0n),
      month,
    ],
  );
  await recordEvents(
    tx,
    rows.map(({ tenantId, cap }) => ({
      tenantId,
      type: 'budget.exceeded',
      projectId: cap.subjectId,
      data: {
        projectId: cap.subjectId,
        month: month.slice(0, 7),
        budgetCredits: formatCredits(cap.limitMicro),
        usedCredits: formatCredits(used.get(cap.subjectId) ?? 0n),
        refused: cap.enforcement === 'refuse',
      },
    })),
  );
}
