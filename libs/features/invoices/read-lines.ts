import { amountCents, creditPriceMillicents, type InvoiceLine, inOrder } from '#core/invoices/invoice-lines';
import { MAX_INVOICE_LINES } from '#core/invoices/limits';
import { FUNDING_ACCOUNT_ID } from '#core/ledger/accounts';
import type { Period } from '#core/ledger/plans';
import { type LineColumns, unpricedLine } from '#features/invoices/line-columns';
import type { Tx } from '#platform/database/tx';

/** Ids of transfers are ordered by time; a transfer's date is when its transaction began, so ids around the month are looked at. */
const AROUND_MS = 3_600_000;

/** What a tenant's month comes to, folded from its transfers and plan charges. */
export async function readLines(tx: Tx, tenantId: string, { startsAt, endsAt }: Period): Promise<InvoiceLine[]> {
  const rows = await tx.query<LineRow>(LINES, [
    tenantId,
    startsAt,
    endsAt,
    firstIdAt(startsAt.getTime() - AROUND_MS),
    firstIdAt(endsAt.getTime() + AROUND_MS),
    FUNDING_ACCOUNT_ID,
  ]);
  return inOrder(rows.map(lineOf), MAX_INVOICE_LINES);
}

interface LineRow extends LineColumns {
  cents: string | null;
}

function lineOf(row: LineRow): InvoiceLine {
  const line = unpricedLine(row);
  const priceMillicents = line.kind === 'top_up' ? creditPriceMillicents(line.plan) : null;
  return {
    ...line,
    priceMillicents,
    amountCents: priceMillicents === null ? BigInt(row.cents ?? 0) : amountCents(line.micro, priceMillicents),
  };
}

/** The least id of version 7 that is made at this time. */
function firstIdAt(ms: number): string {
  const hex = Math.max(ms, 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/**
 * A settle's leg is the place of its part in what the generation reserved, which names the grant that paid. Top-ups cost what a credit cost
 * on the plan of that moment. What the platform's accounts gave shows by the grant it made.
 */
const LINES = `
  WITH month AS MATERIALIZED (
    SELECT t.* FROM transfers t
     WHERE t.tenant_id = $1 AND t.id >= $4 AND t.id < $5 AND t.created_at >= $2 AND t.created_at < $3
       AND t.code IN ('settle', 'refund', 'commit', 'grant', 'adjust')
  ), lines AS (
    SELECT CASE WHEN paid.source = 'top_up' AND plan.plan IS NOT NULL THEN 'overage' ELSE 'usage' END AS kind, g.project_id, g.model, g.service_tier,
           paid.source, NULL::text AS plan, count(DISTINCT m.generation_id)::int AS quantity, sum(m.amount_micro) AS micro, NULL::bigint AS cents
      FROM month m
      LEFT JOIN generations g ON g.tenant_id = m.tenant_id AND g.id = m.generation_id
      LEFT JOIN grants paid ON paid.tenant_id = m.tenant_id AND paid.id = (g.reserved -> m.leg::int ->> 0)::uuid
      LEFT JOIN LATERAL (SELECT c.plan FROM plan_charges c WHERE c.tenant_id = $1 AND c.starts_at < $3 AND c.ends_at > $2 LIMIT 1) AS plan ON true
     WHERE m.code = 'settle' GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT 'refund', g.project_id, g.model, g.service_tier, NULL, NULL, count(DISTINCT m.generation_id)::int, -sum(m.amount_micro), NULL
      FROM month m
      JOIN accounts spent ON spent.tenant_id = m.tenant_id AND spent.id = m.debit_account_id AND spent.kind = 'spent'
      LEFT JOIN generations g ON g.tenant_id = m.tenant_id AND g.id = m.generation_id
     WHERE m.code = 'refund' GROUP BY 2, 3, 4
    UNION ALL
    SELECT 'commitment', NULL, NULL, NULL, NULL, NULL, count(*)::int, sum(m.amount_micro), NULL
      FROM month m WHERE m.code = 'commit' HAVING count(*) > 0
    UNION ALL
    SELECT made.source, NULL, NULL, NULL, NULL, CASE made.source WHEN 'top_up' THEN plan.plan END, count(*)::int, sum(m.amount_micro), NULL
      FROM month m
      JOIN accounts a ON a.tenant_id = m.tenant_id AND a.id = m.credit_account_id AND a.kind = 'available'
      JOIN grants made ON made.tenant_id = a.tenant_id AND made.id = a.grant_id
      LEFT JOIN LATERAL (SELECT c.plan FROM plan_charges c WHERE c.tenant_id = $1 AND c.starts_at <= m.created_at AND c.ends_at > m.created_at
                          ORDER BY c.created_at DESC, c.id DESC LIMIT 1) AS plan ON true
     WHERE (made.source = 'top_up' AND m.code = 'grant' AND m.debit_account_id = $6)
        OR (made.source IN ('service_credit', 'promotion')
            AND NOT EXISTS (SELECT 1 FROM accounts own WHERE own.tenant_id = m.tenant_id AND own.id = m.debit_account_id))
     GROUP BY 1, 6
    UNION ALL
    SELECT 'plan_fee', NULL, NULL, NULL, NULL, c.plan, count(*)::int, 0, sum(c.usd_cents)
      FROM plan_charges c WHERE c.tenant_id = $1 AND c.created_at >= $2 AND c.created_at < $3 GROUP BY c.plan
  )
  SELECT l.kind, l.project_id, p.name AS project_name, l.model, l.service_tier, l.source, l.plan, l.quantity, l.micro::text, l.cents::text
    FROM lines l LEFT JOIN projects p ON p.tenant_id = $1 AND p.id = l.project_id`;
