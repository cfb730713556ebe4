import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { countCall } from '#core/directory/call-window';
import { MAX_DIRECTORY_TOKENS } from '#core/directory/limits';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface DirectoryTokenRow {
  id: string;
  prefix: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  replaces_token_id: string | null;
}

/** A row, and the token itself: it is shown once and never kept. */
export type NewDirectoryToken = DirectoryTokenRow & { secret: string };

/** What a token that was sent stands for. One that no longer works still names its tenant, so that it can be told why. */
export interface KnownToken {
  tenantId: string;
  tokenId: string;
  refused?: 'expired' | 'revoked';
  /** When it was used before. */
  lastUsedAt: Date | null;
}

const COLUMNS = 'id, prefix, created_at, expires_at, revoked_at, last_used_at, replaces_token_id';
const LIVING = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';
const PREFIX_CHARACTERS = 12;
const MAX_LISTED = 50;

/** Tokens by which an identity provider keeps a tenant's directory. They do that and nothing else. */
@Injectable()
export class DirectoryTokens {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async create(caller: Caller, tenant: string | undefined): Promise<NewDirectoryToken | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId) => {
      const made = await this.add(tx, tenantId, null);
      if ('refused' in made) return made;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'directory.token_created', targetId: made.id }]);
      return made;
    });
  }

  async list(caller: Caller, tenant: string | undefined): Promise<DirectoryTokenRow[] | NamedRefusal> {
    return this.inTenant(caller, tenant, (tx, tenantId) =>
      tx.query<DirectoryTokenRow>(`SELECT ${COLUMNS} FROM directory_tokens WHERE tenant_id = $1 ORDER BY id DESC LIMIT ${MAX_LISTED}`, [
        tenantId,
      ]),
    );
  }

  /** Makes a token that takes this one's place; both work for the overlap. */
  async rotate(caller: Caller, tenant: string | undefined, id: string, overlapSeconds: number): Promise<NewDirectoryToken | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<NewDirectoryToken | NamedRefusal> => {
      const [ended] = await tx.query<{ expires_at: Date }>(
        `UPDATE directory_tokens SET expires_at = least(expires_at, now() + $3 * interval '1 second')
          WHERE tenant_id = $1 AND id = $2 AND ${LIVING} RETURNING expires_at`,
        [tenantId, id, overlapSeconds],
      );
      if (!ended) return NOT_FOUND;
      const made = await this.add(tx, tenantId, id);
      if ('refused' in made) return made;
      const data = { newTokenId: made.id, oldTokenWorksUntil: ended.expires_at.toISOString() };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'directory.token_rotated', targetId: id, data }]);
      return made;
    });
  }

  async revoke(caller: Caller, tenant: string | undefined, id: string): Promise<'revoked' | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<'revoked' | NamedRefusal> => {
      const revoked = await tx.query(
        'UPDATE directory_tokens SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING 1',
        [tenantId, id],
      );
      if (revoked.length === 0) return NOT_FOUND;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'directory.token_revoked', targetId: id }]);
      return 'revoked';
    });
  }

  /** Nothing is remembered between calls: a token that is revoked ends with the next one. */
  async find(secret: string): Promise<KnownToken | undefined> {
    const [row] = await this.db.query<DirectoryTokenRow & { tenant_id: string }>('SELECT * FROM directory_token_of($1)', [sha256(secret)]);
    if (!row) return undefined;
    const now = new Date();
    const refused = row.revoked_at ? ('revoked' as const) : row.expires_at && row.expires_at <= now ? ('expired' as const) : undefined;
    return { tenantId: row.tenant_id, tokenId: row.id, refused, lastUsedAt: row.last_used_at };
  }

  /** Counts a call. @returns why it has to wait, if the token has called too often */
  async count({ tenantId, tokenId }: KnownToken): Promise<ReturnType<typeof countCall>['refusal']> {
    return this.db.transaction('count directory call', [tenantId], async (tx) => {
      const [row] = await tx.query<{ began: Date | null; calls: number }>(
        'SELECT window_began_at AS began, window_calls AS calls FROM directory_tokens WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE',
        [tenantId, tokenId],
      );
      const known = row?.began ? { beganMs: row.began.getTime(), calls: row.calls } : null;
      const { window, refusal } = countCall(known, Date.now());
      if (refusal && !refusal.isFirst) return refusal; // a flood writes nothing
      await tx.query('UPDATE directory_tokens SET window_began_at = $3, window_calls = $4 WHERE tenant_id = $1 AND id = $2', [
        tenantId,
        tokenId,
        new Date(window.beganMs),
        window.calls,
      ]);
      return refusal;
    });
  }

  private async add(tx: Tx, tenantId: string, replaces: string | null): Promise<NewDirectoryToken | NamedRefusal> {
    await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenantId]); // counted and added by one at a time
    const living = await tx.query(`SELECT 1 FROM directory_tokens WHERE tenant_id = $1 AND ${LIVING}`, [tenantId]);
    if (living.length >= MAX_DIRECTORY_TOKENS) {
      return { refused: 'limit_reached', detail: `A directory has at most ${MAX_DIRECTORY_TOKENS} tokens at a time: revoke one` };
    }
    const secret = `halogen-scim-${randomBytes(32).toString('base64url')}`;
    const [row] = await tx.query<DirectoryTokenRow>(
      `INSERT INTO directory_tokens (tenant_id, id, prefix, secret_sha256, replaces_token_id) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [tenantId, uuidv7(), secret.slice(0, PREFIX_CHARACTERS + 'scim-'.length), sha256(secret), replaces],
    );
    return { ...(row as DirectoryTokenRow), secret };
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('directory tokens', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

function sha256(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
