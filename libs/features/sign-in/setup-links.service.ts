import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CreateSetupLink } from '#contracts/native/setup-links';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_LIVING_SETUP_LINKS, type SetupPurpose } from '#core/access/setup-link';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface SetupLinkRow {
  id: string;
  purpose: SetupPurpose;
  name: string;
  created_by: string;
  created_at: Date;
  expires_at: Date;
  opened_at: Date | null;
  revoked_at: Date | null;
}

/** What an opened link lets its browser do. */
export interface SetupAccess {
  tenantId: string;
  tenantName: string;
  linkId: string;
  purpose: SetupPurpose;
  expiresAt: Date;
}

const COLUMNS = 'id, purpose, name, created_by, created_at, expires_at, opened_at, revoked_at';
const MAX_LISTED = 100;
const LIVING = 'revoked_at IS NULL AND expires_at > now()';

const REFUSED: NamedRefusal = {
  refused: 'link_refused',
  detail: 'This link was opened before, was revoked or has expired: ask whoever sent it for a new one',
};

/** Links by which a customer's IT sets something up without an account: opened once, for one tenant and one purpose. */
@Injectable()
export class SetupLinks {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  /** @returns the link with its token, which is kept nowhere */
  async create(
    caller: Caller,
    tenant: string | undefined,
    { name, purpose, days }: CreateSetupLink,
  ): Promise<{ link: SetupLinkRow; token: string } | NamedRefusal> {
    const token = randomBytes(32).toString('base64url');
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<{ link: SetupLinkRow; token: string } | NamedRefusal> => {
      await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]); // counted and added by one at a time
      const living = await tx.query(`SELECT 1 FROM setup_links WHERE tenant_id = $1 AND ${LIVING}`, [tenantId]);
      if (living.length >= MAX_LIVING_SETUP_LINKS) {
        return {
          refused: 'limit_reached',
          detail: `A tenant has at most ${MAX_LIVING_SETUP_LINKS} set-up links that can be used: revoke one`,
        };
      }
      const actor = actorOf(caller);
      const [link] = await tx.query<SetupLinkRow>(
        `INSERT INTO setup_links (tenant_id, purpose, name, created_by, token_sha256, expires_at)
         VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING ${COLUMNS}`,
        [tenantId, purpose, name, actor.id, hashOf(token), days],
      );
      const made = link as SetupLinkRow;
      const data = { name, purpose, expiresAt: made.expires_at };
      await recordAudit(tx, [{ tenantId, actor, action: 'setup_link.created', targetId: made.id, data }]);
      return { link: made, token };
    });
  }

  async list(caller: Caller, tenant: string | undefined): Promise<SetupLinkRow[] | NamedRefusal> {
    return this.inTenant(caller, tenant, (tx, tenantId) =>
      tx.query<SetupLinkRow>(`SELECT ${COLUMNS} FROM setup_links WHERE tenant_id = $1 ORDER BY id DESC LIMIT ${MAX_LISTED}`, [tenantId]),
    );
  }

  async revoke(caller: Caller, tenant: string | undefined, id: string): Promise<'revoked' | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<'revoked' | NamedRefusal> => {
      const revoked = await tx.query(
        'UPDATE setup_links SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING 1',
        [tenantId, id],
      );
      if (revoked.length === 0) return NOT_FOUND;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'setup_link.revoked', targetId: id }]);
      return 'revoked';
    });
  }

  /** Whoever comes second with the same link is refused. @returns the token of what it opens, which only the browser keeps */
  async open(linkToken: string): Promise<{ token: string; access: SetupAccess } | NamedRefusal> {
    const [found] = await this.db.query<{ tenant_id: string; id: string }>('SELECT * FROM setup_link_with($1)', [hashOf(linkToken)]);
    if (!found) return REFUSED;
    const { tenant_id: tenantId, id } = found;
    const token = randomBytes(32).toString('base64url');
    const isOpened = await this.db.transaction('open set-up', [tenantId], async (tx) => {
      const opened = await tx.query(
        `UPDATE setup_links SET opened_at = now(), session_sha256 = $3
          WHERE tenant_id = $1 AND id = $2 AND opened_at IS NULL AND ${LIVING} RETURNING 1`,
        [tenantId, id, hashOf(token)],
      );
      if (opened.length === 0) return false;
      const actor = { kind: 'setup_link', id, tenantId } as const;
      await recordAudit(tx, [{ tenantId, actor, action: 'setup_link.opened', targetId: id }]);
      return true;
    });
    const access = isOpened ? await this.find(token) : undefined;
    return access ? { token, access } : REFUSED;
  }

  /** What a token opens, as long as its link lives. */
  async find(token: string): Promise<SetupAccess | undefined> {
    const [row] = await this.db.query<{ tenant_id: string; tenant_name: string; id: string; purpose: SetupPurpose; expires_at: Date }>(
      'SELECT * FROM setup_session_with($1)',
      [hashOf(token)],
    );
    if (!row) return undefined;
    const { tenant_id: tenantId, tenant_name: tenantName, id: linkId, purpose, expires_at: expiresAt } = row;
    return { tenantId, tenantName, linkId, purpose, expiresAt };
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('set-up links', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
