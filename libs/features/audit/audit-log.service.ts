import { Injectable } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';

export interface AuditLogRow {
  id: string;
  at: Date;
  actor_tenant_id: string;
  actor_kind: 'api_key' | 'person' | 'system';
  actor_id: string;
  action: string;
  target_id: string | null;
  data: Record<string, unknown>;
  /** Null until the entry is sealed. */
  sequence: string | null;
  hash_hex: string | null;
}

/** What a tenant may read of its audit log. */
@Injectable()
export class AuditLogService {
  constructor(private readonly db: HotPool) {}

  /** Oldest first. */
  async list(tenantId: string, { limit, after }: { limit: number; after?: string }): Promise<AuditLogRow[]> {
    return this.db.transaction('audit log', [tenantId], (tx) =>
      tx.query<AuditLogRow>(
        `SELECT l.id, l.created_at AS at, l.actor_tenant_id, l.actor_kind, l.actor_id, l.action, l.target_id, l.data, s.sequence,
                encode(s.hash, 'hex') AS hash_hex
           FROM audit_log l LEFT JOIN audit_seals s ON s.tenant_id = l.tenant_id AND s.entry_id = l.id
          WHERE l.tenant_id = $1 AND ($2::uuid IS NULL OR l.id > $2) ORDER BY l.id LIMIT $3`,
        [tenantId, after ?? null, limit],
      ),
    );
  }
}
