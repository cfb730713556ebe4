import type { Caller } from '#core/access/caller';
import type { Tx } from '#platform/database/tx';

/** Who did it: an API key, a person by their membership, whoever opened a set-up link, a guest of a campaign, a tenant's directory by its token, or a job of the platform by its name. */
export type Actor =
  | { kind: 'api_key' | 'person' | 'setup_link' | 'directory' | 'guest'; id: string; tenantId: string }
  | { kind: 'system'; id: string };

/** One thing that was done to a tenant's keys, members, projects, plan or money, or that the platform's staff did there. */
export interface AuditEntry {
  tenantId: string;
  actor: Actor;
  /** Dotted: `key.created`. */
  action: string;
  targetId?: string;
  /** What changed, without secrets. */
  data?: Record<string, unknown>;
}

export function actorOf({ apiKeyId, tenantId, person, setupLinkId }: Caller): Actor {
  if (person) return { kind: 'person', id: person.memberId, tenantId: person.tenantId };
  if (setupLinkId) return { kind: 'setup_link', id: setupLinkId, tenantId };
  return { kind: 'api_key', id: apiKeyId, tenantId };
}

/** Writes entries in the transaction of what they tell; a job seals them into the tenant's chain afterwards. */
export async function recordAudit(tx: Tx, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `WITH entry AS (
       SELECT uuidv7() AS id, v.*
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
              AS v (tenant_id, actor_tenant_id, actor_kind, actor_id, action, target_id, data)
     ), written AS (
       INSERT INTO audit_log (tenant_id, id, actor_tenant_id, actor_kind, actor_id, action, target_id, data)
       SELECT tenant_id, id, actor_tenant_id, actor_kind, actor_id, action, target_id, data FROM entry
     )
     INSERT INTO audit_pending (tenant_id, entry_id) SELECT tenant_id, id FROM entry`,
    [
      entries.map(({ tenantId }) => tenantId),
      entries.map(({ tenantId, actor }) => (actor.kind === 'system' ? tenantId : actor.tenantId)),
      entries.map(({ actor }) => actor.kind),
      entries.map(({ actor }) => actor.id),
      entries.map(({ action }) => action),
      entries.map(({ targetId }) => targetId ?? null),
      entries.map(({ data }) => JSON.stringify(data ?? {})),
    ],
  );
}
