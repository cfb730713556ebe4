import { Injectable } from '@nestjs/common';
import type { TransferCode } from '#core/ledger/accounts';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface StatementLine {
  id: string;
  at: Date;
  code: TransferCode;
  changeMicro: bigint;
  /** Available and reserved credits after this line. */
  balanceMicro: bigint;
  generationId: string | null;
  model: string | null;
  projectId: string | null;
  labels: Record<string, string>;
}

/** The last line of the page before and the balance after it, so that no page has to add up what came before. */
export interface StatementPosition {
  afterId: string;
  balanceMicro: bigint;
}

export interface Statement {
  openingMicro: bigint;
  lines: StatementLine[];
  next: StatementPosition | null;
}

export interface UsageGroup {
  group: string | null;
  generations: number;
  micro: bigint;
}

/** Groups of usage, as SQL over generation `g` and resolution `r`. */
const GROUPS = {
  model: 'g.model',
  project: 'g.project_id::text',
  tier: 'g.service_tier',
  key: 'g.api_key_id::text',
  day: `to_char(r.resolved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  label: 'g.labels ->> $4',
  brand: 'r.tenant_id::text',
} as const;
const MAX_GROUPS = 1_000;

/** What a tenant's transfers add up to, for people who keep books. All is read from transfers; nothing from balances. */
@Injectable()
export class StatementsService {
  constructor(private readonly db: HotPool) {}

  async statement(
    tenantId: string,
    { from, to, position, limit }: { from?: Date; to?: Date; position?: StatementPosition; limit: number },
  ): Promise<Statement> {
    return this.db.transaction('statement', [tenantId], async (tx) => {
      const openingMicro = position?.balanceMicro ?? (from ? await ownedBefore(tx, tenantId, from) : 0n);
      const rows = await tx.query<LineRow>(
        `SELECT t.id, t.created_at, t.code, t.generation_id, g.model, g.project_id, coalesce(g.labels, '{}') AS labels,
                t.amount_micro * CASE WHEN c.id IS NULL THEN -1 ELSE 1 END AS change_micro
           ${OWNED_TRANSFERS}
           LEFT JOIN generations g ON g.tenant_id = t.tenant_id AND g.id = t.generation_id
          WHERE t.tenant_id = $1 AND ${CHANGES_WHAT_IS_OWNED}
            AND ($2::uuid IS NULL OR t.id > $2)
            AND ($3::timestamptz IS NULL OR t.created_at >= $3) AND ($4::timestamptz IS NULL OR t.created_at < $4)
          ORDER BY t.id LIMIT $5`,
        [tenantId, position?.afterId ?? null, from ?? null, to ?? null, limit + 1],
      );
      let balanceMicro = openingMicro;
      const lines = rows.slice(0, limit).map((row): StatementLine => {
        const changeMicro = BigInt(row.change_micro);
        balanceMicro += changeMicro;
        const { id, code, model, labels } = row;
        return {
          id,
          code,
          model,
          labels,
          at: row.created_at,
          changeMicro,
          balanceMicro,
          generationId: row.generation_id,
          projectId: row.project_id,
        };
      });
      const last = lines.at(-1);
      return { openingMicro, lines, next: rows.length > limit && last ? { afterId: last.id, balanceMicro: last.balanceMicro } : null };
    });
  }

  /** Folded from the transfers up to and including an instant. */
  async balanceAt(tenantId: string, at: Date): Promise<{ availableMicro: bigint; reservedMicro: bigint }> {
    return this.db.transaction('balance at', [tenantId], async (tx) => {
      const rows = await tx.query<{ kind: string; balance: string }>(
        `SELECT a.kind, sum(CASE WHEN a.id = t.credit_account_id THEN t.amount_micro ELSE -t.amount_micro END)::text AS balance
           FROM transfers t JOIN accounts a ON a.tenant_id = t.tenant_id AND a.id IN (t.debit_account_id, t.credit_account_id)
          WHERE t.tenant_id = $1 AND t.created_at <= $2 AND a.kind IN ('available', 'reserved')
          GROUP BY a.kind`,
        [tenantId, at],
      );
      const of = (kind: string) => BigInt(rows.find((row) => row.kind === kind)?.balance ?? 0);
      return { availableMicro: of('available'), reservedMicro: of('reserved') };
    });
  }

  /** @param tenantIds of an agency also its brands, where they are told apart */
  async usage(
    tenantIds: readonly string[],
    { from, to, by, label }: { from: Date; to: Date; by: keyof typeof GROUPS; label?: string },
  ): Promise<UsageGroup[]> {
    return this.db.transaction('usage', tenantIds, async (tx) => {
      const rows = await tx.query<{ grouped: string | null; generations: number; micro: string }>(
        `SELECT ${GROUPS[by]} AS grouped, count(*)::int AS generations, sum(r.settled_micro - coalesce(f.refunded_micro, 0))::text AS micro
           FROM resolutions r JOIN generations g ON g.tenant_id = r.tenant_id AND g.id = r.generation_id
           LEFT JOIN LATERAL (SELECT sum(t.amount_micro) AS refunded_micro FROM transfers t
                               WHERE t.tenant_id = r.tenant_id AND t.generation_id = r.generation_id AND t.code = 'refund') AS f ON true
          WHERE r.tenant_id = ANY ($1::uuid[]) AND r.kind = 'settle' AND r.resolved_at >= $2 AND r.resolved_at < $3
          GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT ${MAX_GROUPS}`,
        [tenantIds, from, to, ...(by === 'label' ? [label] : [])],
      );
      return rows.map(({ grouped, generations, micro }) => ({ group: grouped, generations, micro: BigInt(micro) }));
    });
  }
}

interface LineRow {
  id: string;
  created_at: Date;
  code: TransferCode;
  change_micro: string;
  generation_id: string | null;
  model: string | null;
  project_id: string | null;
  labels: Record<string, string>;
}

/** A tenant owns what is available and what is reserved. */
const OWNED_TRANSFERS = `
  FROM transfers t
  LEFT JOIN accounts d ON d.tenant_id = t.tenant_id AND d.id = t.debit_account_id AND d.kind <> 'spent'
  LEFT JOIN accounts c ON c.tenant_id = t.tenant_id AND c.id = t.credit_account_id AND c.kind <> 'spent'`;
const CHANGES_WHAT_IS_OWNED = '(d.id IS NULL) <> (c.id IS NULL)';

async function ownedBefore(tx: Tx, tenantId: string, from: Date): Promise<bigint> {
  const [row] = await tx.query<{ owned: string }>(
    `SELECT coalesce(sum(t.amount_micro * CASE WHEN c.id IS NULL THEN -1 ELSE 1 END), 0)::text AS owned
       ${OWNED_TRANSFERS} WHERE t.tenant_id = $1 AND ${CHANGES_WHAT_IS_OWNED} AND t.created_at < $2`,
    [tenantId, from],
  );
  return BigInt(row?.owned ?? 0);
}
