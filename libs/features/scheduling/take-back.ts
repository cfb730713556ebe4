import type { LeaseRef } from '#core/generations/lease';
import { MAX_LOST_LEASES } from '#core/generations/limits';
import { type FinishedStage, hasLaneStagesLeft, type Stage } from '#core/generations/stages';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';
import { leaseColumns, leaseKeyOf } from '#features/scheduling/lease-keys';
import { WAITING_COLUMNS, type WaitingRow, waitingOf } from '#features/scheduling/waiting-rows';
import type { Tx } from '#platform/database/tx';

export interface LeaseToTakeBack {
  lease: LeaseRef;
  /** Whether it counts towards the leases a generation may lose. A drain and a recall do not: nothing went wrong. */
  isLost: boolean;
  /** Whether its lanes are free with it: the node has said so, or is fenced off. */
  isFreed: boolean;
  /** For its owner's units, or for any other cause. */
  endReason: 'taken_back' | 'recalled';
}

export type TakeBackOutcome =
  | { outcome: 'taken_back'; generation: WaitingGeneration }
  /** It lost its last lease: it shall fail. */
  | { outcome: 'must_fail' }
  /** No lane stages are left: it settles in a moment, and frees its lanes by that. */
  | { outcome: 'nearly_done' }
  /** The lease ended by itself. */
  | { outcome: 'gone' };

/** Ends leases and puts their generations back into the queue. The agents are told after the commit. @returns by lease key */
export async function takeBack(tx: Tx, wanted: readonly LeaseToTakeBack[], nowMs: number): Promise<Map<string, TakeBackOutcome>> {
  const held = await lockGenerations(tx, wanted);
  const finished = await readFinishedStages(tx, [...held.values()]);
  const outcomes = new Map<string, TakeBackOutcome>();
  const taken: LeaseToTakeBack[] = [];
  for (const each of wanted) {
    const key = leaseKeyOf(each.lease);
    const generation = held.get(key);
    const outcome = generation ? outcomeOf(each, generation, finished.get(generation.id) ?? [], nowMs) : ({ outcome: 'gone' } as const);
    if (outcome.outcome === 'taken_back' && !outcomes.has(key)) taken.push(each);
    outcomes.set(key, outcome);
  }
  if (taken.length > 0) await save(tx, taken);
  return outcomes;
}

interface HeldGeneration extends WaitingRow {
  stages: Stage[];
  lost_leases: number;
}

function outcomeOf(
  { isLost }: LeaseToTakeBack,
  generation: HeldGeneration,
  finished: readonly FinishedStage[],
  nowMs: number,
): TakeBackOutcome {
  if (!hasLaneStagesLeft(generation.stages, finished)) return { outcome: 'nearly_done' };
  if (isLost && generation.lost_leases + 1 >= MAX_LOST_LEASES) return { outcome: 'must_fail' };
  return { outcome: 'taken_back', generation: waitingOf(generation, nowMs) };
}

async function lockGenerations(tx: Tx, wanted: readonly LeaseToTakeBack[]): Promise<Map<string, HeldGeneration>> {
  const rows = await tx.query<HeldGeneration>(
    `SELECT ${WAITING_COLUMNS}, g.stages, g.lost_leases
       FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS w (tenant_id, generation_id, fence)
       JOIN generations g ON g.tenant_id = w.tenant_id AND g.id = w.generation_id
      WHERE g.fence = w.fence AND g.state IN ('admitted', 'running')
      ORDER BY g.id FOR NO KEY UPDATE OF g`,
    leaseColumns(wanted.map(({ lease }) => lease)),
  );
  return new Map(rows.map((row) => [leaseKeyOf({ tenantId: row.tenant_id, generationId: row.id, fence: row.fence }), row]));
}

/** A statement of its own, after the lock: a checkpoint that was saved while we waited for the lock must be seen. */
async function readFinishedStages(tx: Tx, held: readonly HeldGeneration[]): Promise<Map<string, FinishedStage[]>> {
  const rows = await tx.query<FinishedStage & { generation_id: string }>(
    `SELECT c.generation_id, c.stage, c.round
       FROM unnest($1::uuid[], $2::uuid[]) AS h (tenant_id, generation_id) JOIN checkpoints c USING (tenant_id, generation_id)`,
    [held.map(({ tenant_id }) => tenant_id), held.map(({ id }) => id)],
  );
  return Map.groupBy(rows, ({ generation_id }) => generation_id);
}

async function save(tx: Tx, taken: readonly LeaseToTakeBack[]): Promise<void> {
  await tx.query(
    `WITH taken AS MATERIALIZED (
       SELECT t.*, l.lane_ids
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::boolean[], $5::boolean[], $6::text[])
                AS t (tenant_id, generation_id, fence, is_lost, is_freed, end_reason)
         JOIN leases l USING (tenant_id, generation_id, fence)
        ORDER BY l.generation_id FOR NO KEY UPDATE OF l
     ), queued AS (
       UPDATE generations g SET state = 'queued', lost_leases = g.lost_leases + t.is_lost::integer
         FROM taken t WHERE g.tenant_id = t.tenant_id AND g.id = t.generation_id
     ), ended AS (
       UPDATE leases l SET ended_at = now(), end_reason = t.end_reason, freed_at = CASE WHEN t.is_freed THEN now() END
         FROM taken t
        WHERE l.tenant_id = t.tenant_id AND l.generation_id = t.generation_id AND l.fence = t.fence AND l.ended_at IS NULL
     )
     DELETE FROM lane_occupancies o USING taken t CROSS JOIN unnest(t.lane_ids) AS held (lane_id)
      WHERE o.lane_id = held.lane_id AND o.generation_id = t.generation_id AND o.fence = t.fence AND t.is_freed`,
    [
      ...leaseColumns(taken.map(({ lease }) => lease)),
      taken.map(({ isLost }) => isLost),
      taken.map(({ isFreed }) => isFreed),
      taken.map(({ endReason }) => endReason),
    ],
  );
}
