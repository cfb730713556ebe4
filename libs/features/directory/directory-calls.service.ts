import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { CALLS_KEPT_DAYS, CALLS_REMEMBERED } from '#core/directory/limits';
import { TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';

/** One call of an identity provider, as it is remembered: what it was about, never what was in it. */
export interface DirectoryCall {
  method: string;
  /** With the query, without a host. */
  path: string;
  status: number;
  /** Names the refusal. */
  reason?: string;
  detail?: string;
}

export interface DirectoryCallRow {
  id: string;
  at: Date;
  token_id: string;
  method: string;
  path: string;
  status: number;
  reason: string | null;
  detail: string | null;
}

const MAX_PATH_CHARACTERS = 500;
const MAX_DETAIL_CHARACTERS = 500;
/** A token's last use is written at most this often. */
const NOTE_USE_EVERY_MS = 60_000;

/** The last calls of a tenant's identity provider: so many that were refused, and so many others. */
@Injectable()
export class DirectoryCalls {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async note({ tenantId, tokenId, lastUsedAt }: { tenantId: string; tokenId: string; lastUsedAt: Date | null }, call: DirectoryCall) {
    const isUseNew = lastUsedAt === null || Date.now() - lastUsedAt.getTime() > NOTE_USE_EVERY_MS;
    await this.db.transaction('note directory call', [tenantId], async (tx) => {
      await tx.query(
        'INSERT INTO directory_calls (tenant_id, token_id, method, path, status, reason, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [
          tenantId,
          tokenId,
          call.method,
          call.path.slice(0, MAX_PATH_CHARACTERS),
          call.status,
          call.reason ?? null,
          call.detail?.slice(0, MAX_DETAIL_CHARACTERS) ?? null,
        ],
      );
      await tx.query(
        `DELETE FROM directory_calls WHERE tenant_id = $1 AND is_refused = $2 AND id <= (
           SELECT id FROM directory_calls WHERE tenant_id = $1 AND is_refused = $2 ORDER BY id DESC OFFSET $3 LIMIT 1)`,
        [tenantId, call.status >= 400, CALLS_REMEMBERED],
      );
      if (isUseNew)
        await tx.query('UPDATE directory_tokens SET last_used_at = now() WHERE tenant_id = $1 AND id = $2', [tenantId, tokenId]);
    });
  }

  /** Newest first. */
  async list(
    caller: Caller,
    { tenant, limit, after, refused }: { tenant?: string; limit: number; after?: string; refused: boolean },
  ): Promise<DirectoryCallRow[] | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('directory calls', [reached.tenantId], (tx) =>
      tx.query<DirectoryCallRow>(
        `SELECT id, at, token_id, method, path, status, reason, detail FROM directory_calls
          WHERE tenant_id = $1 AND at > now() - $2 * interval '1 day' AND (NOT $3 OR is_refused) AND ($4::uuid IS NULL OR id < $4)
          ORDER BY id DESC LIMIT $5`,
        [reached.tenantId, CALLS_KEPT_DAYS, refused, after ?? null, limit],
      ),
    );
  }
}
