import { roleWithScopes } from '#core/access/ways';
import type { Found, Search } from '#features/access/found';
import type { Tx } from '#platform/database/tx';

interface KeyRow {
  id: string;
  name: string;
  prefix: string;
  tenant_id: string;
  project_id: string | null;
  project_name: string | null;
  scopes: string[];
}

/** API keys that work now: neither revoked nor expired, nor of an archived project. */
export async function findKeys(tx: Tx, { tenantIds, goal, limit, after, pattern }: Search): Promise<Found[]> {
  const rows = await tx.query<KeyRow>(
    `SELECT k.id, k.name, k.prefix, k.tenant_id, k.project_id, p.name AS project_name, k.scopes
       FROM api_keys k LEFT JOIN projects p ON p.tenant_id = k.tenant_id AND p.id = k.project_id
      WHERE k.tenant_id = ANY ($1) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND p.archived_at IS NULL
        AND ($2::uuid IS NULL OR k.id > $2) AND ($3::text IS NULL OR lower(k.name) LIKE $3)
        AND (k.project_id IS NULL OR (k.tenant_id IS DISTINCT FROM $5 AND ($6::uuid IS NULL OR k.project_id = $6)))
      ORDER BY k.id LIMIT $4`,
    [tenantIds, after ?? null, pattern, limit, goal.agencyId, goal.projectId],
  );
  return rows.map(({ id, name, prefix, tenant_id, project_id, project_name, scopes }) => {
    const role = roleWithScopes(scopes);
    const given = { role, scopes: role ? [] : scopes, reason: 'direct' as const, groups: [] };
    return {
      id,
      name,
      detail: `${prefix}…`,
      count: 1,
      standings: [{ tenantId: tenant_id, projectId: project_id, projectName: project_name, ...given }],
    };
  });
}
