import { PLATFORM_ACCOUNTS } from '#core/ledger/accounts';
import type { HotPool } from '#platform/database/hot-pool';

/** What does not add up in the ledger: one line a difference, empty when all is well. @param control a pool of the control role */
export async function ledgerDifferences(control: HotPool): Promise<string[]> {
  const rows = await control.query<{ difference: string }>(
    `WITH moves AS (
       SELECT tenant_id, credit_account_id AS account_id, amount_micro FROM transfers
       UNION ALL
       SELECT tenant_id, debit_account_id, -amount_micro FROM transfers
     ), folds AS (
       SELECT account_id, sum(amount_micro) AS fold FROM moves GROUP BY account_id
     )
     SELECT 'all accounts sum to ' || sum(fold) AS difference FROM folds HAVING sum(fold) <> 0
     UNION ALL
     SELECT format('account %s (%s) holds %s, its transfers %s', a.id, a.kind, a.balance_micro, coalesce(f.fold, 0))
       FROM accounts a LEFT JOIN folds f ON f.account_id = a.id
      WHERE a.kind <> 'spent' AND a.balance_micro <> coalesce(f.fold, 0)
     UNION ALL
     SELECT format('transfers name an unknown account %s', m.account_id)
       FROM (SELECT DISTINCT account_id FROM moves) m
      WHERE m.account_id <> ALL ($1::uuid[]) AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = m.account_id)
     UNION ALL
     SELECT format('tenant %s has %s reserved, its unfinished generations %s', a.tenant_id, a.balance_micro, coalesce(g.held, 0))
       FROM accounts a
       LEFT JOIN (SELECT tenant_id, sum(price_micro) AS held FROM generations WHERE state IN ('queued', 'admitted', 'running') GROUP BY tenant_id) g
              ON g.tenant_id = a.tenant_id
      WHERE a.kind = 'reserved' AND a.balance_micro <> coalesce(g.held, 0)
     UNION ALL
     SELECT format('generation %s is %s and has %s resolution', g.id, g.state, CASE WHEN r.kind IS NULL THEN 'no' ELSE 'a' END)
       FROM generations g LEFT JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id
      WHERE (g.state IN ('completed', 'failed', 'cancelled')) <> (r.kind IS NOT NULL)
     UNION ALL
     SELECT format('generation %s is %s and was resolved by %s of %s', g.id, g.state, r.kind, r.settled_micro)
       FROM generations g JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id
      WHERE (g.state = 'completed') <> (r.kind = 'settle') OR r.settled_micro + r.released_micro <> g.price_micro`,
    [Object.values(PLATFORM_ACCOUNTS)],
  );
  return rows.map(({ difference }) => difference);
}
