import { PLATFORM_ACCOUNTS } from '#core/ledger/accounts';

/** Something in the ledger that does not add up. */
export interface LedgerDifference {
  /** Which of the ledger's invariants it breaks: see the feature's README. */
  invariant: string;
  /** Null when it is not about one tenant. */
  tenantId: string | null;
  what: string;
}

/** Whatever can run one statement and sees the rows of all tenants: a pool or a transaction of the control role. */
interface Reader {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** More are as bad as these. */
const MAX_DIFFERENCES = 1_000;

/** What each invariant forbids, as rows of (tenant_id, what). `folds` and `phases` stand in the statement below. */
const FORBIDDEN: Record<string, string> = {
  'I1 each transfer moves something between two accounts': `
    SELECT tenant_id, format('transfer %s moves %s from %s to %s', id, amount_micro, debit_account_id, credit_account_id)
      FROM transfers WHERE amount_micro <= 0 OR debit_account_id = credit_account_id`,
  'I1 each account of a transfer exists and is the tenant’s': `
    SELECT f.tenant_id, format('transfers name account %s, which the tenant does not have', f.account_id)
      FROM folds f
     WHERE f.account_id <> ALL ($1::uuid[])
       AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.tenant_id = f.tenant_id AND a.id = f.account_id)`,
  'I2 all accounts sum to zero': `
    SELECT NULL::uuid, format('all accounts sum to %s', sum(fold)) FROM folds HAVING sum(fold) <> 0`,
  'I3 available and reserved are the fold of their transfers': `
    SELECT a.tenant_id, format('account %s (%s) holds %s, its transfers %s', a.id, a.kind, a.balance_micro, coalesce(f.fold, 0))
      FROM accounts a LEFT JOIN folds f ON f.tenant_id = a.tenant_id AND f.account_id = a.id
     WHERE a.kind <> 'spent' AND a.balance_micro <> coalesce(f.fold, 0)`,
  'I4 reserved is what unfinished generations hold': `
    SELECT a.tenant_id, format('%s is reserved, unfinished generations hold %s', a.balance_micro, coalesce(g.held, 0))
      FROM accounts a
      LEFT JOIN (SELECT tenant_id, sum(price_micro) AS held FROM generations WHERE state IN ('queued', 'admitted', 'running') GROUP BY tenant_id) g
             ON g.tenant_id = a.tenant_id
     WHERE a.kind = 'reserved' AND a.balance_micro <> coalesce(g.held, 0)`,
  'I5 nothing is negative': `
    SELECT f.tenant_id, format('the transfers of account %s (%s) fold to %s', f.account_id, a.kind, f.fold)
      FROM folds f JOIN accounts a ON a.tenant_id = f.tenant_id AND a.id = f.account_id
     WHERE f.fold < 0 OR a.balance_micro < 0`,
  'I6 a reservation resolves once, for no more than was reserved': `
    SELECT p.tenant_id, format('generation %s reserved %s, settled %s, released %s', p.generation_id, p.reserved, p.settled, p.released)
      FROM phases p LEFT JOIN resolutions r ON r.tenant_id = p.tenant_id AND r.generation_id = p.generation_id
     WHERE p.settled + p.released <> CASE WHEN r.kind IS NULL THEN 0 ELSE p.reserved END
        OR p.settled <> coalesce(r.settled_micro, 0) OR p.released <> coalesce(r.released_micro, 0)`,
  'I6 a generation reserved its price': `
    SELECT g.tenant_id, format('generation %s costs %s and reserved %s', g.id, g.price_micro, coalesce(p.reserved, 0))
      FROM generations g LEFT JOIN phases p ON p.tenant_id = g.tenant_id AND p.generation_id = g.id
     WHERE g.price_micro <> coalesce(p.reserved, 0)`,
  'I6 a batch’s transfers are what its rows reserved and released together': `
    SELECT coalesce(t.tenant_id, b.tenant_id), format('batch %s: transfers reserve %s and release %s, its rows %s and %s',
                    coalesce(t.batch_id, b.batch_id), t.reserved, t.released, b.reserved, b.released)
      FROM (SELECT tenant_id, batch_id, coalesce(sum(amount_micro) FILTER (WHERE code = 'reserve'), 0) AS reserved,
                   coalesce(sum(amount_micro) FILTER (WHERE code = 'release'), 0) AS released
              FROM transfers WHERE batch_id IS NOT NULL GROUP BY tenant_id, batch_id) AS t
      FULL JOIN (SELECT tenant_id, batch_id, sum(held) AS reserved, sum(released_together) AS released
                   FROM rows_of_batches GROUP BY tenant_id, batch_id) AS b ON b.tenant_id = t.tenant_id AND b.batch_id = t.batch_id
     WHERE (coalesce(t.reserved, 0), coalesce(t.released, 0)) <> (coalesce(b.reserved, 0), coalesce(b.released, 0))`,
  'I8 a final generation has one resolution, another none': `
    SELECT g.tenant_id, format('generation %s is %s and its resolution is %s', g.id, g.state, coalesce(r.kind, 'missing'))
      FROM generations g LEFT JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id
     WHERE (g.state IN ('completed', 'failed', 'cancelled')) <> (r.kind IS NOT NULL) OR (g.state = 'completed') <> (coalesce(r.kind, '') = 'settle')`,
  'I9 each grant has one account, filled with its amount': `
    SELECT g.tenant_id, format('grant %s of %s has %s accounts, filled with %s', g.id, g.amount_micro, count(DISTINCT a.id), coalesce(sum(t.amount_micro), 0))
      FROM grants g
      LEFT JOIN accounts a ON a.tenant_id = g.tenant_id AND a.grant_id = g.id
      LEFT JOIN transfers t ON t.tenant_id = a.tenant_id AND t.credit_account_id = a.id
             AND (t.code = 'refund' OR (t.generation_id IS NULL AND t.debit_account_id = ANY ($1::uuid[])))
     GROUP BY g.tenant_id, g.id, g.amount_micro
    HAVING count(DISTINCT a.id) <> 1 OR coalesce(sum(t.amount_micro), 0) < g.amount_micro`,
  'I10 the lines of an invoice are what its month settled, refunded and committed': `
    SELECT i.tenant_id, format('invoice %s of %s counts %s settled, %s refunded and %s committed, its month %s, %s and %s', i.number, i.month,
                               l.settled, l.refunded, l.committed, coalesce(m.settled, 0), coalesce(m.refunded, 0), coalesce(m.committed, 0))
      FROM invoices i
     CROSS JOIN LATERAL (SELECT coalesce(sum(micro) FILTER (WHERE kind IN ('usage', 'overage')), 0) AS settled,
                                coalesce(-sum(micro) FILTER (WHERE kind = 'refund'), 0) AS refunded,
                                coalesce(sum(micro) FILTER (WHERE kind = 'commitment'), 0) AS committed
                           FROM invoice_lines WHERE tenant_id = i.tenant_id AND invoice_id = i.id) AS l
      LEFT JOIN months m ON m.tenant_id = i.tenant_id AND m.month = i.month
     WHERE (l.settled, l.refunded, l.committed) <> (coalesce(m.settled, 0), coalesce(m.refunded, 0), coalesce(m.committed, 0))`,
  'I10 an invoice adds up': `
    SELECT i.tenant_id, format('invoice %s is over %s cents before tax, its lines over %s', i.number, i.subtotal_cents, coalesce(sum(l.amount_cents), 0))
      FROM invoices i LEFT JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
     GROUP BY i.tenant_id, i.id HAVING i.subtotal_cents <> coalesce(sum(l.amount_cents), 0)`,
  'I10 the numbers of a seller have no gap': `
    SELECT NULL::uuid, format('seller %s has issued %s invoices, the last number is %s', s.id, count(i.id), s.last_number)
      FROM invoice_sellers s LEFT JOIN invoices i ON i.seller_id = s.id
     GROUP BY s.id HAVING count(i.id) <> s.last_number OR coalesce(max(i.number), 0) <> s.last_number`,
  'I11 the database refuses to change a transfer': `
    SELECT NULL::uuid, format('%s has no trigger that refuses changes', wanted.name)
      FROM unnest(ARRAY['transfers', 'resolutions', 'plan_charges', 'invoices', 'invoice_lines']) AS wanted (name)
     WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = wanted.name::regclass AND tgname = 'immutable' AND tgenabled IN ('O', 'A'))`,
};

/** Everything in the ledger that does not add up, as of one moment; nothing when all is well. @param reader of the control role */
export async function ledgerDifferences(reader: Reader): Promise<LedgerDifference[]> {
  const checks = Object.keys(FORBIDDEN);
  const rows = await reader.query<{ check_number: number; tenant_id: string | null; what: string }>(
    `WITH folds AS (
       SELECT tenant_id, account_id, sum(amount_micro) AS fold
         FROM (SELECT tenant_id, credit_account_id AS account_id, amount_micro FROM transfers
                UNION ALL
               SELECT tenant_id, debit_account_id, -amount_micro FROM transfers) AS moves
        GROUP BY tenant_id, account_id
     ), rows_of_batches AS (
       SELECT g.tenant_id, g.batch_id, g.id AS generation_id, h.held,
              CASE WHEN r.kind = 'release' AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.generation_id = g.id AND t.code = 'release')
                   THEN r.released_micro ELSE 0 END AS released_together
         FROM generations g
        CROSS JOIN LATERAL (SELECT coalesce(sum((part ->> 2)::bigint), 0) AS held FROM jsonb_array_elements(g.reserved) AS part) AS h
         LEFT JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id
        WHERE g.batch_id IS NOT NULL
     ), steps AS (
       SELECT tenant_id, generation_id, code, amount_micro FROM transfers WHERE generation_id IS NOT NULL
        UNION ALL
       SELECT tenant_id, generation_id, 'reserve', held FROM rows_of_batches
        UNION ALL
       SELECT tenant_id, generation_id, 'release', released_together FROM rows_of_batches WHERE released_together > 0
     ), months AS (
       SELECT t.tenant_id, date_trunc('month', t.created_at AT TIME ZONE 'UTC')::date AS month,
              sum(t.amount_micro) FILTER (WHERE t.code = 'settle') AS settled,
              sum(t.amount_micro) FILTER (WHERE t.code = 'refund' AND a.kind = 'spent') AS refunded,
              sum(t.amount_micro) FILTER (WHERE t.code = 'commit') AS committed
         FROM transfers t
         LEFT JOIN accounts a ON t.code = 'refund' AND a.tenant_id = t.tenant_id AND a.id = t.debit_account_id
        WHERE t.code IN ('settle', 'refund', 'commit') AND EXISTS (SELECT 1 FROM invoices)
        GROUP BY 1, 2
     ), phases AS (
       SELECT tenant_id, generation_id,
              coalesce(sum(amount_micro) FILTER (WHERE code = 'reserve'), 0) AS reserved,
              coalesce(sum(amount_micro) FILTER (WHERE code = 'settle'), 0) AS settled,
              coalesce(sum(amount_micro) FILTER (WHERE code = 'release'), 0) AS released
         FROM steps WHERE code IN ('reserve', 'settle', 'release')
        GROUP BY tenant_id, generation_id
     )
     SELECT check_number, tenant_id, what
       FROM (${checks.map((check, at) => `SELECT ${at} AS check_number, found.* FROM (${FORBIDDEN[check]}) AS found (tenant_id, what)`).join(' UNION ALL ')}) AS found
      ORDER BY check_number, tenant_id, what
      LIMIT ${MAX_DIFFERENCES}`,
    [Object.values(PLATFORM_ACCOUNTS)],
  );
  return rows.map(({ check_number, tenant_id, what }) => ({ invariant: checks[check_number] as string, tenantId: tenant_id, what }));
}
