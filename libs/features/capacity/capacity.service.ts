import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { NodeState } from '#core/capacity/node-state';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface NodeRow {
  nodeId: string;
  siteId: string;
  region: string;
  jurisdiction: string;
  /** By the terms of its pool. */
  trainsOnInputs: boolean;
  state: NodeState;
  /** Its token may no longer be used. */
  isRevoked: boolean;
  /** By ordinal. The same list as long as it is the same lanes. */
  laneIds: readonly string[];
  /** Of its lanes. */
  lanesDigest: string | null;
}

/** A node that was heard, and what it said of itself. */
export interface HeardNode {
  nodeId: string;
  residentModels: readonly string[];
}

/** Halo's hardware as the database has it: sites, pools, nodes and lanes. */
@Injectable()
export class CapacityService {
  constructor(@Inject(HotPool) private readonly db: HotPool) {}

  /** The node that a token belongs to; null for an unknown or revoked one. */
  async nodeOfToken(token: string): Promise<{ nodeId: string; poolClass: string } | null> {
    const [node] = await this.db.query<{ nodeId: string; poolClass: string }>(
      `SELECT n.id AS "nodeId", p.pool_class AS "poolClass"
         FROM nodes n JOIN pools p ON p.id = n.pool_id
        WHERE n.id = node_of_token($1)`,
      [createHash('sha256').update(token).digest()],
    );
    return node ?? null;
  }

  async poolClasses(): Promise<string[]> {
    const rows = await this.db.query<{ poolClass: string }>('SELECT DISTINCT pool_class AS "poolClass" FROM pools ORDER BY 1');
    return rows.map(({ poolClass }) => poolClass);
  }

  /** @param known what was read before: lanes that are still the same are not read again, since a node may have thousands */
  async nodesOf(tx: Tx, poolClass: string, known: ReadonlyMap<string, NodeRow> = new Map()): Promise<NodeRow[]> {
    const nodes = await tx.query<Omit<NodeRow, 'laneIds'>>(
      `SELECT n.id AS "nodeId", n.state, n.token_revoked_at IS NOT NULL AS "isRevoked", s.id AS "siteId", s.region, s.jurisdiction,
              p.trains_on_inputs AS "trainsOnInputs",
              (SELECT sum(hashtextextended(l.id, l.ordinal))::text FROM lanes l WHERE l.node_id = n.id) AS "lanesDigest"
         FROM pools p
         JOIN sites s ON s.id = p.site_id
         JOIN nodes n ON n.pool_id = p.id
        WHERE p.pool_class = $1
        ORDER BY n.id`,
      [poolClass],
    );
    const isKnown = ({ nodeId, lanesDigest }: Omit<NodeRow, 'laneIds'>) => known.get(nodeId)?.lanesDigest === lanesDigest;
    const read = await lanesOf(
      tx,
      nodes.filter((node) => !isKnown(node)).map(({ nodeId }) => nodeId),
    );
    return nodes.map((node) => ({ ...node, laneIds: (isKnown(node) ? known : read).get(node.nodeId)?.laneIds ?? [] }));
  }

  /** Units that each tenant is guaranteed today. */
  async unitsOf(tx: Tx, poolClass: string): Promise<Map<string, number>> {
    const rows = await tx.query<{ tenantId: string; units: number }>(
      'SELECT tenant_id AS "tenantId", units FROM guarantees WHERE pool_class = $1 AND units > 0',
      [poolClass],
    );
    return new Map(rows.map(({ tenantId, units }) => [tenantId, units]));
  }

  async noteHeard(tx: Tx, heard: readonly HeardNode[]): Promise<void> {
    await tx.query(
      `UPDATE nodes n SET last_heard_at = now(), resident_models = heard.models
         FROM (SELECT id, ARRAY(SELECT jsonb_array_elements_text(h.models)) AS models
                 FROM nodes JOIN unnest($1::text[], $2::jsonb[]) AS h (id, models) USING (id) ORDER BY id FOR NO KEY UPDATE OF nodes) AS heard
        WHERE n.id = heard.id`,
      [heard.map(({ nodeId }) => nodeId), heard.map(({ residentModels }) => JSON.stringify(residentModels))],
    );
  }
}

async function lanesOf(tx: Tx, nodeIds: readonly string[]): Promise<Map<string, { laneIds: string[] }>> {
  if (nodeIds.length === 0) return new Map();
  const rows = await tx.query<{ nodeId: string; laneIds: string[] }>(
    'SELECT node_id AS "nodeId", array_agg(id ORDER BY ordinal) AS "laneIds" FROM lanes WHERE node_id = ANY ($1::text[]) GROUP BY node_id',
    [nodeIds],
  );
  return new Map(rows.map((row) => [row.nodeId, row]));
}
