import { Injectable } from '@nestjs/common';
import type { Output } from '#core/catalog/quote';
import type { LeaseRef } from '#core/generations/lease';
import { LeaseLost } from '#core/generations/lease-lost';
import { MAX_LOST_LEASES } from '#core/generations/limits';
import { PLAIN_RECIPE, type Recipe } from '#core/generations/recipe';
import type { Stage } from '#core/generations/stages';
import { type ResolveCommand, type ResolveOutcome, resolveAll } from '#features/generations/resolve-group';
import { HotPool } from '#platform/database/hot-pool';
import { KeyedGroups } from '#platform/database/keyed-groups';
import { endingsTotal, stageSeconds } from '#platform/telemetry/metrics';

export interface Checkpoint {
  stage: Stage;
  round: number;
  outcome: Record<string, unknown>;
}

/** What a run may know of its generation. Contains the prompt: never logged, never given to Temporal. */
export interface RunView {
  lease: LeaseRef;
  kind: 'image' | 'video';
  model: string;
  prompt: string;
  seed: number;
  output: Output;
  recipe: Recipe;
  stages: Stage[];
  checkpoints: Checkpoint[];
}

const ENDINGS_IN_FLIGHT = 4;

/** The control plane's side of one run: every write is fenced inside its own transaction. */
@Injectable()
export class RunsService {
  /** By tenant: an ending locks its tenant's accounts, and lanes wait for it. */
  private readonly endings: KeyedGroups<Extract<ResolveCommand, { by: 'run' }>, ResolveOutcome>;

  constructor(private readonly db: HotPool) {
    this.endings = new KeyedGroups({
      name: 'resolve',
      groups: ENDINGS_IN_FLIGHT,
      keyOf: ({ lease }) => lease.tenantId,
      run: (commands) => this.db.transaction('resolve', [], (tx) => resolveAll(tx, commands)),
    });
  }

  /** @throws LeaseLost when another lease or an ending owns the generation */
  async load(lease: LeaseRef): Promise<RunView> {
    const [row] = await this.db.statement<Omit<RunView, 'lease' | 'seed' | 'recipe'> & { seed: string; recipe: Recipe | null }>(
      'load run',
      `SELECT g.kind, g.model, g.prompt, g.seed, g.output, g.recipe, g.stages,
              coalesce((SELECT jsonb_agg(jsonb_build_object('stage', c.stage, 'round', c.round, 'outcome', c.outcome) ORDER BY c.finished_at, c.round)
                          FROM checkpoints c WHERE c.tenant_id = g.tenant_id AND c.generation_id = g.id), '[]') AS checkpoints
         FROM generations g
        WHERE ${HOLDS_LEASE}`,
      leaseParameters(lease),
    );
    if (!row) throw new LeaseLost(lease);
    return { ...row, lease, seed: Number(row.seed), recipe: row.recipe ?? PLAIN_RECIPE };
  }

  /** Keeps what a finished stage left, so that the next lease resumes after it. The first to finish a stage of a round wins. @throws LeaseLost */
  async saveCheckpoint(lease: LeaseRef, stage: Stage, round: number, outcome: object): Promise<void> {
    const [kept] = await this.db.statement<{ seconds: number | null }>(
      'checkpoint',
      `WITH held AS MATERIALIZED (
         SELECT g.tenant_id, g.id FROM generations g WHERE ${HOLDS_LEASE} FOR UPDATE
       ), kept AS (
         INSERT INTO checkpoints (tenant_id, generation_id, fence, stage, round, outcome)
         SELECT tenant_id, id, $3::bigint, $4::text, $5::integer, $6::jsonb FROM held ON CONFLICT DO NOTHING
       )
       SELECT pg_notify('halogen_stream', ''), extract(epoch FROM clock_timestamp() - greatest(
                (SELECT max(c.finished_at) FROM checkpoints c WHERE c.tenant_id = $1 AND c.generation_id = $2),
                (SELECT l.run_started_at FROM leases l WHERE l.tenant_id = $1 AND l.generation_id = $2 AND l.fence = $3)))::float8 AS seconds
         FROM held`,
      [...leaseParameters(lease), stage, round, JSON.stringify(outcome)],
    );
    if (!kept) throw new LeaseLost(lease);
    if (typeof kept.seconds === 'number') stageSeconds.observe({ stage }, kept.seconds);
  }

  /**
   * Names the storage keys of the finished media, and what they are: of a remade video that is known only now. Customers see them once the
   * generation is completed. @throws LeaseLost
   */
  async publish(lease: LeaseRef, assets: { image: string; video?: string }, output: Output): Promise<void> {
    const held = await this.db.statement(
      'publish',
      `UPDATE generations g SET assets = $4::jsonb, output = $5::jsonb WHERE ${HOLDS_LEASE} RETURNING 1`,
      [...leaseParameters(lease), JSON.stringify(assets), JSON.stringify(output)],
    );
    if (held.length === 0) throw new LeaseLost(lease);
  }

  /** Pays for a finished generation and completes it. Repeats answer what stands. @throws LeaseLost */
  async settle(lease: LeaseRef): Promise<'completed' | 'failed' | 'cancelled'> {
    return this.resolve({ by: 'run', kind: 'settle', lease });
  }

  /** Returns the reserved credits and fails the generation. @param reason for the customer @throws LeaseLost */
  async release(lease: LeaseRef, reason: string): Promise<'completed' | 'failed' | 'cancelled'> {
    return this.resolve({ by: 'run', kind: 'release', lease, reason });
  }

  /**
   * Gives back a lease that cannot be run, so that the scheduler places anew. A lease that is lost already needs no hand-back.
   * After too many lost leases the generation fails instead.
   */
  async handBack(lease: LeaseRef): Promise<void> {
    const again = await this.db.transaction('hand back', [], async (tx) => {
      const [held] = await tx.query<{ lost_leases: number }>(
        `SELECT g.lost_leases FROM generations g WHERE ${HOLDS_LEASE} FOR UPDATE`,
        leaseParameters(lease),
      );
      if (!held) return true;
      if (held.lost_leases + 1 >= MAX_LOST_LEASES) return false;
      await tx.query(
        `WITH queued AS (
           UPDATE generations g SET state = 'queued', lost_leases = lost_leases + 1 WHERE ${HOLDS_LEASE}
           RETURNING g.tenant_id, g.id, g.pool_class, g.traceparent
         ), ended AS (
           UPDATE leases l SET ended_at = now(), end_reason = 'handed_back'
            WHERE l.tenant_id = $1 AND l.generation_id = $2 AND l.fence = $3 AND l.ended_at IS NULL
         ), announced AS (
           INSERT INTO outbox (consumer, topic, tenant_id, generation_id, pool_class, payload, traceparent)
           SELECT 'scheduler', topic, q.tenant_id, q.id, q.pool_class, payload, q.traceparent
             FROM queued q, (VALUES ('ended', jsonb_build_object('fence', $3::text, 'freed', false)), ('queued', '{}'::jsonb)) AS fact (topic, payload)
         )
         SELECT pg_notify('halogen_scheduler', pool_class) FROM queued`,
        leaseParameters(lease),
      );
      return true;
    });
    if (!again) await this.release(lease, 'Job failed: no node could run it');
  }

  private async resolve(command: Extract<ResolveCommand, { by: 'run' }>): Promise<'completed' | 'failed' | 'cancelled'> {
    const outcome = await this.endings.add(command);
    if ('refused' in outcome) throw new LeaseLost(command.lease);
    endingsTotal.inc({ state: outcome.state, reason: command.kind === 'release' ? reasonLabel(command.reason) : '' });
    return outcome.state;
  }
}

/** Reasons are sentences for customers; what stands behind a colon may differ each time. */
function reasonLabel(reason: string): string {
  return (reason.split(':')[0] as string).slice(0, 60);
}

const HOLDS_LEASE = `g.tenant_id = $1 AND g.id = $2 AND g.fence = $3::bigint AND g.state IN ('admitted', 'running')`;

function leaseParameters({ tenantId, generationId, fence }: LeaseRef): [string, string, string] {
  return [tenantId, generationId, fence];
}
