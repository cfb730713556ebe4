import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { CreateConnection } from '#contracts/native/connections';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { MemberRole } from '#core/access/scopes';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** Connections that a tenant may have at a time. */
const MAX_CONNECTIONS = 20;

export interface ConnectionRow {
  id: string;
  kind: 'oidc' | 'saml';
  name: string;
  settings: { issuer: string; clientId: string };
  default_role: Exclude<MemberRole, 'owner'>;
  created_at: Date;
}

const COLUMNS = 'id, kind, name, settings, default_role, created_at';

/** Identity providers of tenants. Only who may change the tenant may change who comes in. */
@Injectable()
export class ConnectionsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async create(caller: Caller, tenant: string | undefined, wanted: CreateConnection): Promise<ConnectionRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ConnectionRow | NamedRefusal> => {
      await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]); // counted and added by one at a time
      const existing = await tx.query('SELECT 1 FROM sign_in_connections WHERE tenant_id = $1 AND removed_at IS NULL', [tenantId]);
      if (existing.length >= MAX_CONNECTIONS)
        return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_CONNECTIONS} connections` };
      const id = uuidv7();
      const { name, issuer, clientId, clientSecret, defaultRole } = wanted;
      const [made] = await tx.query<ConnectionRow>(
        `INSERT INTO sign_in_connections (tenant_id, id, kind, name, settings, secret, default_role)
         VALUES ($1, $2, 'oidc', $3, $4, $5, $6) RETURNING ${COLUMNS}`,
        [tenantId, id, name, JSON.stringify({ issuer, clientId }), clientSecret, defaultRole],
      );
      const data = { name, issuer, clientId, defaultRole };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.connected', targetId: id, data }]);
      return made as ConnectionRow;
    });
  }

  async list(caller: Caller, page: { tenant?: string; limit: number; after?: string }): Promise<ConnectionRow[] | NamedRefusal> {
    return this.inTenant(caller, page.tenant, (tx, tenantId) =>
      tx.query<ConnectionRow>(
        `SELECT ${COLUMNS} FROM sign_in_connections
          WHERE tenant_id = $1 AND removed_at IS NULL AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
        [tenantId, page.after ?? null, page.limit],
      ),
    );
  }

  async remove(caller: Caller, tenant: string | undefined, id: string): Promise<'removed' | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<'removed' | NamedRefusal> => {
      const removed = await tx.query(
        'UPDATE sign_in_connections SET removed_at = now() WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL RETURNING 1',
        [tenantId, id],
      );
      if (removed.length === 0) return NOT_FOUND;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.disconnected', targetId: id }]);
      return 'removed';
    });
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('sign-in connections', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}
