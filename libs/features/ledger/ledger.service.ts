import { Injectable } from '@nestjs/common';
import type { Caller } from '#core/access/caller';
import { PLATFORM_ACCOUNTS, type PlatformAccount, type TransferCode } from '#core/ledger/accounts';
import { TenantDatabase } from '#platform/database/tenant-database';

type AccountKind = 'available' | 'reserved' | 'spent' | PlatformAccount;

export interface TransferView {
  id: string;
  generationId: string | null;
  code: TransferCode;
  debit: AccountKind;
  credit: AccountKind;
  amountMicro: bigint;
  createdAt: Date;
}

/** Names of the platform's accounts by id, as JSON. */
const PLATFORM_ACCOUNT_NAMES = JSON.stringify(Object.fromEntries(Object.entries(PLATFORM_ACCOUNTS).map(([name, id]) => [id, name])));

/** What a tenant may read of its ledger. */
@Injectable()
export class LedgerService {
  constructor(private readonly db: TenantDatabase) {}

  async balance({ tenantId }: Pick<Caller, 'tenantId'>): Promise<{ availableMicro: bigint; reservedMicro: bigint }> {
    const rows = await this.db.transaction('balance', [tenantId], (tx) =>
      tx.query<{ kind: AccountKind; balance: string }[]>(
        `SELECT a.kind, sum(a.balance_micro)::text AS balance
           FROM accounts a LEFT JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id
          WHERE a.tenant_id = $1 AND a.kind IN ('available', 'reserved')
            AND coalesce(g.effective_at <= now(), true) AND coalesce(g.expires_at > now(), true)
          GROUP BY a.kind`,
        [tenantId],
      ),
    );
    const of = (kind: AccountKind) => BigInt(rows.find((row) => row.kind === kind)?.balance ?? 0);
    return { availableMicro: of('available'), reservedMicro: of('reserved') };
  }

  /** Oldest first: of one generation, or the tenant's first `limit`. */
  async transfers({ tenantId }: Caller, { generationId, limit }: { generationId?: string; limit: number }): Promise<TransferView[]> {
    const rows = await this.db.transaction('list transfers', [tenantId], (tx) =>
      tx.query<(Omit<TransferView, 'amountMicro'> & { amountMicro: string })[]>(
        `SELECT t.id, t.generation_id AS "generationId", t.code, t.amount_micro AS "amountMicro", t.created_at AS "createdAt",
                coalesce(d.kind, $4::jsonb ->> t.debit_account_id::text) AS debit,
                coalesce(c.kind, $4::jsonb ->> t.credit_account_id::text) AS credit
           FROM transfers t
           LEFT JOIN accounts d ON d.tenant_id = t.tenant_id AND d.id = t.debit_account_id
           LEFT JOIN accounts c ON c.tenant_id = t.tenant_id AND c.id = t.credit_account_id
          WHERE t.tenant_id = $1 AND ($2::uuid IS NULL OR t.generation_id = $2)
          ORDER BY t.id
          LIMIT $3`,
        [tenantId, generationId ?? null, limit, PLATFORM_ACCOUNT_NAMES],
      ),
    );
    return rows.map((row) => ({ ...row, amountMicro: BigInt(row.amountMicro) }));
  }
}
