import type { MemberRole } from '#core/access/scopes';
import type { Found, Search } from '#features/access/found';
import type { Tx } from '#platform/database/tx';

interface GroupRow {
  id: string;
  name: string;
  people: string;
  tenant_id: string;
  role: MemberRole;
  count: number;
}

/** Groups of directories that have a role in one of the tenants. */
export async function findGroups(tx: Tx, { tenantIds, goal, limit, after, pattern, maxStandings }: Search): Promise<Found[]> {
  const rows = await tx.query<GroupRow>(
    `WITH wanted AS (
       SELECT g.tenant_id, g.id, g.display_name FROM directory_groups g
        WHERE g.tenant_id = ANY ($1) AND ($2::uuid IS NULL OR g.id > $2) AND ($3::text IS NULL OR lower(g.display_name) LIKE $3)
          AND EXISTS (SELECT 1 FROM directory_mappings r
                       WHERE r.tenant_id = g.tenant_id AND r.group_id = g.id AND r.target_tenant_id = ANY ($1))
        ORDER BY g.id LIMIT $4
     ), held AS (
       SELECT w.id, w.display_name AS name, r.tenant_id AS directory, r.target_tenant_id AS tenant_id, r.role,
              row_number() OVER (PARTITION BY w.id ORDER BY r.target_tenant_id <> $5, r.target_tenant_id) AS place,
              count(*) OVER (PARTITION BY w.id)::int AS count
         FROM wanted w JOIN directory_mappings r
           ON r.tenant_id = w.tenant_id AND r.group_id = w.id AND r.target_tenant_id = ANY ($1)
     )
     SELECT h.*, (SELECT count(*) FROM directory_group_members m WHERE m.tenant_id = h.directory AND m.group_id = h.id)::text AS people
       FROM held h WHERE h.place <= $6 ORDER BY h.id, h.place`,
    [tenantIds, after ?? null, pattern, limit, goal.tenantId, maxStandings],
  );
  return [...Map.groupBy(rows, ({ id }) => id)].map(([id, [first, ...others]]) => {
    const { name, people, count } = first as GroupRow;
    const standings = [first as GroupRow, ...others].map(({ tenant_id, role }) => {
      return { tenantId: tenant_id, projectId: null, projectName: null, role, scopes: [], reason: 'direct' as const, groups: [] };
    });
    return { id, name, detail: people, count, standings };
  });
}
