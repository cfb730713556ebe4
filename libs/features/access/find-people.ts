import type { MemberRole } from '#core/access/scopes';
import type { Found, Search } from '#features/access/found';
import type { Tx } from '#platform/database/tx';

interface MembershipRow {
  person_id: string;
  name: string;
  email: string;
  tenant_id: string;
  role: MemberRole;
  is_of_directory: boolean;
  groups: string[];
  count: number;
}

/** People with their memberships, and the groups that gave them. An owner is nobody's gift: no group makes one. */
export async function findPeople(tx: Tx, { tenantIds, goal, limit, after, pattern, maxStandings }: Search): Promise<Found[]> {
  const rows = await tx.query<MembershipRow>(
    `WITH wanted AS (
       SELECT DISTINCT person_id FROM members
        WHERE tenant_id = ANY ($1) AND removed_at IS NULL AND ($2::uuid IS NULL OR person_id > $2)
          AND ($3::text IS NULL OR lower(name) LIKE $3 OR email LIKE $3)
        ORDER BY person_id LIMIT $4
     ), held AS (
       SELECT m.*, row_number() OVER ordered AS place, count(*) OVER (PARTITION BY m.person_id)::int AS count
         FROM wanted w JOIN members m ON m.person_id = w.person_id AND m.tenant_id = ANY ($1) AND m.removed_at IS NULL
       WINDOW ordered AS (PARTITION BY m.person_id ORDER BY m.tenant_id <> $5, m.tenant_id)
     )
     SELECT h.person_id, h.name, h.email, h.tenant_id, h.role, h.count,
            EXISTS (SELECT 1 FROM directory_memberships d WHERE d.target_tenant_id = h.tenant_id AND d.member_id = h.id) AS is_of_directory,
            ARRAY(SELECT g.display_name
                    FROM directory_memberships d
                    JOIN directory_group_members p ON p.tenant_id = d.tenant_id AND p.user_id = d.user_id
                    JOIN directory_mappings r ON r.tenant_id = p.tenant_id AND r.group_id = p.group_id
                                             AND r.target_tenant_id = h.tenant_id AND r.role = h.role
                    JOIN directory_groups g ON g.tenant_id = r.tenant_id AND g.id = r.group_id
                   WHERE d.target_tenant_id = h.tenant_id AND d.member_id = h.id ORDER BY g.display_name LIMIT 20) AS groups
       FROM held h WHERE h.place <= $6 ORDER BY h.person_id, h.place`,
    [tenantIds, after ?? null, pattern, limit, goal.tenantId, maxStandings],
  );
  return [...Map.groupBy(rows, ({ person_id }) => person_id)].map(([id, [first, ...others]]) => {
    const { name, email, count } = first as MembershipRow;
    return { id, name, detail: email, count, standings: [first as MembershipRow, ...others].map(standingOf) };
  });
}

function standingOf({ tenant_id, role, is_of_directory, groups }: MembershipRow) {
  const byDirectory = groups.length > 0 ? ('group' as const) : ('usual_role' as const);
  const reason = is_of_directory && role !== 'owner' ? byDirectory : ('direct' as const);
  return { tenantId: tenant_id, projectId: null, projectName: null, role, scopes: [], reason, groups };
}
