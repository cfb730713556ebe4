import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { NodeFailure } from '#core/capacity/node-failures';
import type { NodeState } from '#core/capacity/node-state';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { FAILURES_TOLD_HOURS, MAX_JOBS_LISTED } from '#features/nodes/limits';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface NodeView {
  nodeId: string;
  siteId: string;
  poolClass: string;
  state: NodeState;
  /** Its token may no longer be used. */
  isRevoked: boolean;
  lastHeardAt: Date | null;
  residentModels: string[];
  lanes: number;
  jobs: number;
  lanesInUse: number;
  failures: { cause: NodeFailure; leases: number }[];
}

export interface NodeJob {
  tenantId: string;
  tenantName: string;
  generationId: string;
  model: string;
  serviceTier: string;
  servedFrom: string;
  lanes: number;
  state: string;
  admittedAt: Date;
  beganAt: Date | null;
  /** By the burn it was quoted; a point that has passed says that it takes longer. */
  expectedEndAt: Date;
  /** It has ended, and its node has not freed the lanes yet. */
  isEnded: boolean;
}

export interface NodesWish {
  poolClass: string;
  siteId?: string;
  state?: NodeState;
  /** Id of the last node of the page before. */
  after?: string;
  limit: number;
}

/** What an operator does to a node, and the state that it is in then. */
const ACTS = {
  cordon: { state: 'cordoned', action: 'node.cordoned' },
  drain: { state: 'draining', action: 'node.drained' },
  uncordon: { state: 'in_service', action: 'node.uncordoned' },
} as const satisfies Record<string, { state: NodeState; action: string }>;
export type NodeAct = keyof typeof ACTS;

const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Not found' };

/** Nodes as operators see them, and what they do to them. */
@Injectable()
export class NodesService {
  constructor(private readonly db: HotPool) {}

  /** By id. */
  async list({ poolClass, siteId, state, after, limit }: NodesWish): Promise<NodeView[]> {
    return this.db.transaction('nodes', [], (tx) =>
      readNodes(
        tx,
        `p.pool_class = $1 AND ($2::text IS NULL OR p.site_id = $2) AND ($3::text IS NULL OR n.state = $3) AND ($4::text IS NULL OR n.id > $4)`,
        [poolClass, siteId ?? null, state ?? null, after ?? null],
        limit,
      ),
    );
  }

  /** One node with the jobs on it, oldest first, and when it will be empty if it gets no more. */
  async find(nodeId: string): Promise<{ node: NodeView; jobs: NodeJob[]; emptyAt: Date | null } | NamedRefusal> {
    return this.db.transaction('node', [], async (tx) => {
      const [node] = await readNodes(tx, 'n.id = $1', [nodeId], 1);
      if (!node) return NOT_FOUND;
      const jobs = await tx.query<NodeJob>(
        `SELECT tenant_id AS "tenantId", tenant_name AS "tenantName", generation_id AS "generationId", model, service_tier AS "serviceTier",
                served_from AS "servedFrom", lanes, state, admitted_at AS "admittedAt", began_at AS "beganAt", expected_end_at AS "expectedEndAt",
                is_ended AS "isEnded"
           FROM jobs_of_node($1, $2, ${MAX_JOBS_LISTED})`,
        [node.poolClass, nodeId],
      );
      const lastEndMs = Math.max(...jobs.map(({ expectedEndAt }) => expectedEndAt.getTime()));
      return { node, jobs, emptyAt: jobs.length > 0 ? new Date(lastEndMs) : null };
    });
  }

  /** The scheduler is woken to act on it. */
  async act(caller: Caller, nodeId: string, act: NodeAct, reason: string): Promise<'done' | NamedRefusal> {
    const { state, action } = ACTS[act];
    return this.db.transaction(action, [caller.tenantId], async (tx) => {
      const changed = await tx.query('UPDATE nodes SET state = $2 WHERE id = $1 RETURNING 1', [nodeId, state]);
      if (changed.length === 0) return NOT_FOUND;
      await recordAudit(tx, [{ tenantId: caller.tenantId, actor: actorOf(caller), action, targetId: nodeId, data: { reason } }]);
      await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
      return 'done';
    });
  }
}

async function readNodes(tx: Tx, condition: string, parameters: readonly unknown[], limit: number): Promise<NodeView[]> {
  return tx.query<NodeView>(
    `WITH node AS MATERIALIZED (
       SELECT n.id, n.state, n.token_revoked_at, n.last_heard_at, n.resident_models, p.site_id, p.pool_class
         FROM nodes n JOIN pools p ON p.id = n.pool_id WHERE ${condition} ORDER BY n.id LIMIT ${limit}
     ), used AS (
       SELECT u.* FROM (SELECT pool_class, array_agg(id) AS ids FROM node GROUP BY pool_class) AS of, LATERAL lanes_in_use(of.pool_class, of.ids) AS u
     )
     SELECT n.id AS "nodeId", n.site_id AS "siteId", n.pool_class AS "poolClass", n.state, n.token_revoked_at IS NOT NULL AS "isRevoked",
            n.last_heard_at AS "lastHeardAt", n.resident_models AS "residentModels",
            (SELECT count(*)::int FROM lanes l WHERE l.node_id = n.id) AS lanes, coalesce(u.jobs, 0) AS jobs, coalesce(u.lanes, 0) AS "lanesInUse",
            (SELECT coalesce(jsonb_agg(jsonb_build_object('cause', cause, 'leases', leases) ORDER BY leases DESC, cause), '[]')
               FROM (SELECT f.cause, sum(f.leases)::int AS leases FROM node_failures f
                      WHERE f.node_id = n.id AND f.hour > now() - interval '${FAILURES_TOLD_HOURS} hours' GROUP BY f.cause) AS by_cause) AS failures
       FROM node n LEFT JOIN used u ON u.node_id = n.id ORDER BY n.id`,
    parameters,
  );
}
