import { Injectable } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';

export interface AuditLogRow {
  id: string;
  at: Date;
  actor_tenant_id: string;
  actor_kind: 'api_key' | 'person' | 'setup_link' | 'directory' | 'guest' | 'system';
  actor_id: string;
  action: string;
  target_id: string | null;
  data: Record<string, unknown>;
  /** Null until the entry is sealed. */
  sequence: string | null;
  hash_hex: string | null;
}

/** Which entries are wanted, and in which order. */
export interface AuditLogWish {
  limit: number;
  order: 'oldest' | 'newest';
  /** Id of the last entry of the page before. */
  after?: string;
  /** An action, or a family such as `key.*`. */
  action?: string;
  actor?: string;
  from?: Date;
  to?: Date;
}

/** What a tenant may read of its audit log. */
@Injectable()
export class AuditLogService {
  constructor(private readonly db: HotPool) {}

  async list(tenantId: string, { limit, after, order, action, actor, from, to }: AuditLogWish): Promise<AuditLogRow[]> {
    const [behind, direction] = order === 'newest' ? ['<', 'DESC'] : ['>', 'ASC'];
    return this.db.transaction('audit log', [tenantId], (tx) =>
      tx.query<AuditLogRow>(
        `SELECT l.id, l.created_at AS at, l.actor_tenant_id, l.actor_kind, l.actor_id, l.action, l.target_id, l.data, s.sequence,
                encode(s.hash, 'hex') AS hash_hex
           FROM audit_log l LEFT JOIN audit_seals s ON s.tenant_id = l.tenant_id AND s.entry_id = l.id
          WHERE l.tenant_id = $1 AND ($2::uuid IS NULL OR l.id ${behind} $2)
            AND ($4::text IS NULL OR l.action = $4 OR starts_with(l.action, $5)) AND ($6::text IS NULL OR l.actor_id = $6)
            AND ($7::timestamptz IS NULL OR l.created_at >= $7) AND ($8::timestamptz IS NULL OR l.created_at < $8)
          ORDER BY l.id ${direction} LIMIT $3`,
        [tenantId, after ?? null, limit, action ?? null, familyOf(action), actor ?? null, from ?? null, to ?? null],
      ),
    );
  }
}

/** `key.*` → `key.`; null for what is no family. */
function familyOf(action: string | undefined): string | null {
  return action?.endsWith('.*') ? action.slice(0, -1) : null;
}
