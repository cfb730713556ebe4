import type { AdmittedLease } from '#apps/generation-worker/relay/generate-input';
import type { HotPool } from '#platform/database/hot-pool';

/** An outbox row of this relay, taken for a moment. */
export interface Claim {
  outboxId: string;
  tenantId: string;
  generationId: string;
  fence: string;
  attempts: number;
}

/** A claim whose lease still stands. */
export interface RunToStart extends Claim {
  lease: AdmittedLease;
  traceparent: string | null;
}

/** Nobody else takes a claimed row for so long; after a crash it is due again then. Longer than one start may take. */
const CLAIM_MS = 5_000;

/** The relay's outbox rows. No transaction of it is ever open while Temporal is asked. */
export class AdmittedRuns {
  constructor(private readonly db: HotPool) {}

  async claim(limit: number): Promise<Claim[]> {
    return this.db.query<Claim>(
      `WITH due AS MATERIALIZED (
         SELECT id FROM outbox
          WHERE consumer = 'workflow' AND topic = 'admitted' AND next_attempt_at <= now()
          ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
       )
       UPDATE outbox o
          SET attempts = least(o.attempts + 1, 10000), next_attempt_at = now() + $2 * interval '1 millisecond'
         FROM due WHERE o.id = due.id
       RETURNING o.id AS "outboxId", o.tenant_id AS "tenantId", o.generation_id AS "generationId", o.payload ->> 'fence' AS fence, o.attempts`,
      [limit, CLAIM_MS],
    );
  }

  /** Those of the claims whose lease has not ended meanwhile, with what their runs need. */
  async load(claims: readonly Claim[]): Promise<RunToStart[]> {
    const rows = await this.db.query<
      Omit<AdmittedLease, 'tenantId' | 'generationId' | 'fence'> & { outboxId: string; traceparent: string | null }
    >(
      `SELECT wanted.outbox_id AS "outboxId", l.node_id AS "nodeId", g.stages, g.burn_lane_ms AS "estimatedMs",
              coalesce(l.traceparent, g.traceparent) AS traceparent,
              coalesce((SELECT jsonb_agg(jsonb_build_object('stage', c.stage, 'round', c.round, 'verdict', c.outcome ->> 'verdict'))
                          FROM checkpoints c WHERE c.tenant_id = l.tenant_id AND c.generation_id = l.generation_id), '[]') AS checkpoints
         FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[]) AS wanted (outbox_id, tenant_id, generation_id, fence)
         JOIN leases l USING (tenant_id, generation_id, fence)
         JOIN generations g ON g.tenant_id = l.tenant_id AND g.id = l.generation_id
        WHERE l.ended_at IS NULL`,
      columnsOf(claims),
    );
    const claimOf = new Map(claims.map((claim) => [claim.outboxId, claim]));
    return rows.flatMap(({ outboxId, traceparent, ...row }) => {
      const claim = claimOf.get(outboxId);
      if (!claim) return [];
      const { tenantId, generationId, fence } = claim;
      return [{ ...claim, traceparent, lease: { ...row, tenantId, generationId, fence } }];
    });
  }

  /** Notes in one transaction that the started ones have a run, and deletes all rows: theirs and those of ended leases. */
  async finish(started: readonly Claim[], ended: readonly Claim[]): Promise<void> {
    const [outboxIds, ...leaseColumns] = columnsOf(started);
    await this.db.query(
      `WITH locked AS MATERIALIZED (
         SELECT l.tenant_id, l.generation_id, l.fence
           FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS started (tenant_id, generation_id, fence)
           JOIN leases l USING (tenant_id, generation_id, fence)
          WHERE l.run_started_at IS NULL
          ORDER BY l.generation_id FOR UPDATE OF l
       ), stamped AS (
         UPDATE leases l SET run_started_at = now() FROM locked
          WHERE (l.tenant_id, l.generation_id, l.fence) = (locked.tenant_id, locked.generation_id, locked.fence)
       )
       DELETE FROM outbox WHERE id = ANY ($1::bigint[] || $5::bigint[])`,
      [outboxIds, ...leaseColumns, ended.map(({ outboxId }) => outboxId)],
    );
  }

  /** Makes a claimed row due again. */
  async postpone(claims: readonly Claim[], delayMs: (attempts: number) => number): Promise<void> {
    await this.db.query(
      `UPDATE outbox o SET next_attempt_at = now() + later.delay_ms * interval '1 millisecond'
         FROM unnest($1::bigint[], $2::integer[]) AS later (id, delay_ms) WHERE o.id = later.id`,
      [claims.map(({ outboxId }) => outboxId), claims.map(({ attempts }) => delayMs(attempts))],
    );
  }
}

function columnsOf(claims: readonly Claim[]): [string[], string[], string[], string[]] {
  return [
    claims.map(({ outboxId }) => outboxId),
    claims.map(({ tenantId }) => tenantId),
    claims.map(({ generationId }) => generationId),
    claims.map(({ fence }) => fence),
  ];
}
