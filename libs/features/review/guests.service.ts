import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import { SIGN_IN_WINDOW_MS } from '#core/access/sign-in-limits';
import {
  MAX_CALLS_PER_GUEST,
  MAX_COMMENTS_PER_GUEST,
  MAX_GUESTS_PER_LINK,
  MAX_OPENINGS_PER_ADDRESS,
  type ShareAccess,
  type SharedResults,
} from '#core/review/share-link';
import { recordAudit } from '#features/audit/audit.service';
import { tokenHash } from '#features/review/share-links.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** Who came by a share link, and what of which campaign it shows them. */
export interface Guest {
  token: string;
  id: string;
  name: string;
  tenantId: string;
  tenantName: string;
  batchId: string;
  campaignName: string | null;
  linkId: string;
  access: ShareAccess;
  results: SharedResults;
  expiresAt: Date;
}

const REFUSED: NamedRefusal = {
  refused: 'link_refused',
  detail: 'This link was revoked or has expired: ask whoever sent it for a new one',
};
const TOO_OFTEN: NamedRefusal = { refused: 'rate_limited', detail: `Too many requests: wait ${SIGN_IN_WINDOW_MS / 60_000} minutes` };

/** Lets guests in, counts what they ask for, and gives them transactions that see what their link shows and nothing else. */
@Injectable()
export class GuestsService {
  constructor(private readonly db: HotPool) {}

  /** Whoever has a link comes in by it, until it ends. @returns the guest, whose token only their browser keeps */
  async open(linkToken: string, { name, address }: { name: string; address: string }): Promise<Guest | NamedRefusal> {
    if (!(await this.mayGoOn(`share address ${address}`, MAX_OPENINGS_PER_ADDRESS))) return TOO_OFTEN;
    const [link] = await this.db.query<{ tenant_id: string; id: string }>('SELECT * FROM share_link_with($1)', [tokenHash(linkToken)]);
    if (!link) return REFUSED;
    const { tenant_id: tenantId, id: linkId } = link;
    const token = randomBytes(32).toString('base64url');
    const isLetIn = await this.db.transaction('open share', [tenantId], async (tx) => {
      // Counted and added by one at a time; revoked meanwhile, it is none that lives.
      const living = await tx.query(
        'SELECT 1 FROM share_links WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > now() FOR NO KEY UPDATE',
        [tenantId, linkId],
      );
      if (living.length === 0) return false;
      const [guest] = await tx.query<{ id: string }>(
        `INSERT INTO share_guests (tenant_id, link_id, name, token_sha256)
         SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM share_guests WHERE tenant_id = $1 AND link_id = $2) < ${MAX_GUESTS_PER_LINK}
         RETURNING id`,
        [tenantId, linkId, name, tokenHash(token)],
      );
      if (!guest) return 'full';
      const actor = { kind: 'guest', id: guest.id, tenantId } as const;
      await recordAudit(tx, [{ tenantId, actor, action: 'share_link.opened', targetId: linkId, data: { name } }]);
      return true;
    });
    if (isLetIn === 'full')
      return { refused: 'limit_reached', detail: `A link lets in ${MAX_GUESTS_PER_LINK} browsers: ask for a new one` };
    return (isLetIn && (await this.find(token))) || REFUSED;
  }

  /** Whose token it is, as long as their link lives. */
  find(token: string): Promise<Guest | undefined> {
    return this.transaction('guest', token, async (tx) => {
      const [row] = await tx.query<Omit<Guest, 'token'>>(
        `SELECT s.guest_id AS id, s.guest_name AS name, s.tenant_id AS "tenantId", t.name AS "tenantName", s.batch_id AS "batchId",
                b.name AS "campaignName", s.link_id AS "linkId", s.access, s.results, s.expires_at AS "expiresAt"
           FROM halogen_shared() s JOIN tenants t ON t.id = s.tenant_id JOIN batches b ON b.tenant_id = s.tenant_id AND b.id = s.batch_id`,
      );
      return row && { token, ...row };
    });
  }

  /** Reads as the guest: row-level security shows what their link shows, for as long as it lives. */
  transaction<T>(name: string, token: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.transaction(name, [], async (tx) => {
      await tx.query(`SELECT set_config('role', 'halogen_guest', true), set_config('halogen.guest', $1, true)`, [
        tokenHash(token).toString('hex'),
      ]);
      return work(tx);
    });
  }

  /** @returns why a guest may ask for nothing more for now */
  async heldBack({ id }: Pick<Guest, 'id'>, what: 'call' | 'comment'): Promise<NamedRefusal | undefined> {
    const most = what === 'call' ? MAX_CALLS_PER_GUEST : MAX_COMMENTS_PER_GUEST;
    return (await this.mayGoOn(`guest ${what} ${id}`, most)) ? undefined : TOO_OFTEN;
  }

  /** Counted where tries to sign in are, in the same window: what is counted there is swept by it. */
  private async mayGoOn(subject: string, most: number): Promise<boolean> {
    const [noted] = await this.db.query<{ allowed: boolean }>(
      'SELECT note_sign_in_tries($1, $2, make_interval(secs => $3::float8 / 1000)) AS allowed',
      [[createHash('sha256').update(subject).digest()], [most], SIGN_IN_WINDOW_MS],
    );
    return noted?.allowed === true;
  }
}
