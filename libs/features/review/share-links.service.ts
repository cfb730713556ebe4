import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CreateShareLink } from '#contracts/native/share-links';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_GUESTS_PER_LINK, MAX_LIVING_SHARE_LINKS, type ShareAccess, type SharedResults } from '#core/review/share-link';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface ShareLinkRow {
  id: string;
  name: string;
  access: ShareAccess;
  results: SharedResults;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

export interface ListedShareLink extends ShareLinkRow {
  /** Who opened it, the newest first. */
  guests: { name: string; openedAt: string }[];
}

const COLUMNS = `id, name, access, results, created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"`;
const MAX_LISTED = 100;
const BATCH_NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Batch not found' };

/** Links by which guests see the results of a campaign without an account. */
@Injectable()
export class ShareLinksService {
  constructor(private readonly db: HotPool) {}

  /** @returns the link with its token, which is kept nowhere */
  async create(caller: Caller, batchId: string, wanted: CreateShareLink): Promise<{ link: ShareLinkRow; token: string } | NamedRefusal> {
    const { tenantId } = caller;
    const { name, access, results, days } = wanted;
    const token = randomBytes(32).toString('base64url');
    return this.db.transaction(
      'create share link',
      [tenantId],
      async (tx): Promise<{ link: ShareLinkRow; token: string } | NamedRefusal> => {
        // Two that would each make the last one wait for each other here.
        await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`share links of ${batchId}`]);
        if (!(await hasBatch(tx, tenantId, batchId))) return BATCH_NOT_FOUND;
        const living = await tx.query(
          'SELECT 1 FROM share_links WHERE tenant_id = $1 AND batch_id = $2 AND revoked_at IS NULL AND expires_at > now()',
          [tenantId, batchId],
        );
        if (living.length >= MAX_LIVING_SHARE_LINKS) {
          return {
            refused: 'limit_reached',
            detail: `A campaign has at most ${MAX_LIVING_SHARE_LINKS} links that can be used: revoke one`,
          };
        }
        const actor = actorOf(caller);
        const [link] = await tx.query<ShareLinkRow>(
          `INSERT INTO share_links (tenant_id, batch_id, name, access, results, created_by, token_sha256, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8)) RETURNING ${COLUMNS}`,
          [tenantId, batchId, name, access, results, actor.id, tokenHash(token), days],
        );
        const made = link as ShareLinkRow;
        const data = { batchId, name, access, results, expiresAt: made.expiresAt };
        await recordAudit(tx, [{ tenantId, actor, action: 'share_link.created', targetId: made.id, data }]);
        return { link: made, token };
      },
    );
  }

  async list({ tenantId }: Caller, batchId: string): Promise<ListedShareLink[] | NamedRefusal> {
    return this.db.transaction('share links', [tenantId], async (tx) => {
      if (!(await hasBatch(tx, tenantId, batchId))) return BATCH_NOT_FOUND;
      return tx.query<ListedShareLink>(
        `SELECT ${COLUMNS}, (
           SELECT coalesce(json_agg(json_build_object('name', g.name, 'openedAt', g.opened_at) ORDER BY g.id DESC), '[]')
             FROM (SELECT id, name, opened_at FROM share_guests WHERE tenant_id = $1 AND link_id = l.id ORDER BY id DESC LIMIT ${MAX_GUESTS_PER_LINK}) g
         ) AS guests
           FROM share_links l WHERE tenant_id = $1 AND batch_id = $2 ORDER BY id DESC LIMIT ${MAX_LISTED}`,
        [tenantId, batchId],
      );
    });
  }

  async revoke(caller: Caller, batchId: string, id: string): Promise<'revoked' | NamedRefusal> {
    const { tenantId } = caller;
    return this.db.transaction('revoke share link', [tenantId], async (tx): Promise<'revoked' | NamedRefusal> => {
      const revoked = await tx.query(
        'UPDATE share_links SET revoked_at = now() WHERE tenant_id = $1 AND batch_id = $2 AND id = $3 AND revoked_at IS NULL RETURNING 1',
        [tenantId, batchId, id],
      );
      if (revoked.length === 0) return { refused: 'not_found', detail: 'Link not found' };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'share_link.revoked', targetId: id, data: { batchId } }]);
      return 'revoked';
    });
  }
}

async function hasBatch(tx: Tx, tenantId: string, batchId: string): Promise<boolean> {
  return (await tx.query('SELECT 1 FROM batches WHERE tenant_id = $1 AND id = $2', [tenantId, batchId])).length > 0;
}

/** What is kept of a token. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
