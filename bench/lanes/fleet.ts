import { createHash, randomUUID } from 'node:crypto';
import { withOwner } from '#bench/database';

export interface FleetNode {
  nodeId: string;
  token: string;
  poolClass: string;
  laneIds: string[];
}

/** Nodes of one pool class, as an operator would have entered them. */
export async function aFleet(
  ownerUrl: string,
  { poolClass, nodes, lanesPerNode }: { poolClass: string; nodes: number; lanesPerNode: number },
): Promise<FleetNode[]> {
  const fleet = Array.from({ length: nodes }, (_, at): FleetNode => {
    const nodeId = `${poolClass}-n${String(at).padStart(3, '0')}`;
    return { nodeId, token: randomUUID(), poolClass, laneIds: Array.from({ length: lanesPerNode }, (__, lane) => `${nodeId}/${lane}`) };
  });
  await withOwner(ownerUrl, async (owner) => {
    await owner.query(`INSERT INTO sites (id, name, region, jurisdiction) VALUES ('bench', 'Bench', 'eu', 'de') ON CONFLICT DO NOTHING`);
    await owner.query(`INSERT INTO order_books (pool_class, accelerator, spare_one_node_in) VALUES ($1, 'none', 1000)`, [poolClass]);
    await owner.query(`INSERT INTO pools (id, site_id, pool_class) VALUES ($1, 'bench', $1)`, [poolClass]);
    await owner.query(
      'INSERT INTO nodes (id, pool_id, token_sha256) SELECT n.id, $2, n.token FROM unnest($1::text[], $3::bytea[]) AS n (id, token)',
      [fleet.map(({ nodeId }) => nodeId), poolClass, fleet.map(({ token }) => createHash('sha256').update(token).digest())],
    );
    await owner.query(
      `INSERT INTO lanes (id, node_id, ordinal)
       SELECT n.id || '/' || lane, n.id, lane FROM unnest($1::text[]) AS n (id), generate_series(0, $2::int - 1) AS lane`,
      [fleet.map(({ nodeId }) => nodeId), lanesPerNode],
    );
  });
  return fleet;
}

/** Sells units to tenants for as long as any benchmark runs. */
export async function sellUnits(ownerUrl: string, poolClass: string, units: ReadonlyMap<string, number>): Promise<void> {
  await withOwner(ownerUrl, (owner) =>
    owner.query(
      `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin)
       SELECT u.tenant_id, uuidv7(), $1, u.units, 1, 380000, current_date - 10, current_date + 10, 'active', 'order'
         FROM unnest($2::uuid[], $3::int[]) AS u (tenant_id, units)`,
      [poolClass, [...units.keys()], [...units.values()]],
    ),
  );
}
