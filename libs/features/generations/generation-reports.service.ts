import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull } from 'typeorm';
import type { Caller } from '#core/access/caller';
import { type CheckpointFacts, type LeaseFacts, type TimelineFacts } from '#core/generations/timeline';
import { GenerationEntity } from '#features/generations/generation.entity';
import { countsByState, type GenerationFilter, type Matching, pageOfIds } from '#features/generations/list-page';
import { TenantDatabase } from '#platform/database/tenant-database';
import type { Tx } from '#platform/database/tx';

/** A generation with all that happened to it. */
export interface GenerationReport {
  generation: GenerationEntity;
  leases: LeaseFacts[];
  checkpoints: CheckpointFacts[];
  /** Of its project; null without one. */
  retentionDays: number | null;
  /** Its project is on legal hold: nothing of it is erased. */
  onLegalHold: boolean;
  resolution: { settledMicro: bigint; releasedMicro: bigint; servedFrom: 'own' | 'lent' | 'shared' | null } | null;
}

export interface ReportPage {
  reports: GenerationReport[];
  /** Where the next page begins; null after the last. */
  nextCursor: string | null;
  lookedBackTo: Date | null;
}

/** What the native API tells of generations: stages with their times, attempts and cost. Every method sees the caller's tenant only. */
@Injectable()
export class GenerationReportsService {
  constructor(private readonly db: TenantDatabase) {}

  async get({ tenantId }: Pick<Caller, 'tenantId'>, id: string): Promise<GenerationReport | null> {
    return this.db.transaction('get generation report', [tenantId], async (tx) => (await readReports(tx, tenantId, [id]))[0] ?? null);
  }

  /** Newest first. */
  async list({ tenantId }: Pick<Caller, 'tenantId'>, filter: GenerationFilter): Promise<ReportPage> {
    return this.db.transaction('list generation reports', [tenantId], async (tx) => {
      const { ids, ...page } = await pageOfIds(asTx(tx), tenantId, filter);
      return { reports: await readReports(tx, tenantId, ids), ...page };
    });
  }

  async counts({ tenantId }: Pick<Caller, 'tenantId'>, matching: Matching) {
    return this.db.transaction('count generations', [tenantId], (tx) => countsByState(asTx(tx), tenantId, matching));
  }
}

function asTx(tx: EntityManager): Tx {
  return { query: (sql, parameters) => tx.query(sql, parameters && [...parameters]) };
}

/** What a generation is before anything has happened to it. */
export function queuedReport(generation: GenerationEntity): GenerationReport {
  return { generation, leases: [], checkpoints: [], retentionDays: null, onLegalHold: false, resolution: null };
}

export function timelineFactsOf({ generation, leases, checkpoints }: GenerationReport): TimelineFacts {
  const { state, stages, createdAt, finishedAt, failureReason } = generation;
  return { state, stages, createdAt, finishedAt, failureReason, leases, checkpoints };
}

interface LeaseRow {
  fence: number;
  served_from: LeaseFacts['servedFrom'];
  end_reason: LeaseFacts['endReason'];
  admitted_at: string;
  run_started_at: string | null;
  began_at: string | null;
  ended_at: string | null;
}

interface HistoryRow {
  id: string;
  leases: LeaseRow[];
  checkpoints: { stage: CheckpointFacts['stage']; round: number; fence: number; finished_at: string }[];
  settled_micro: string | null;
  released_micro: string | null;
  served_from: LeaseFacts['servedFrom'] | null;
  retention_days: number | null;
  legal_hold: boolean | null;
}

/** In the order of the ids. */
async function readReports(tx: EntityManager, tenantId: string, ids: readonly string[]): Promise<GenerationReport[]> {
  if (ids.length === 0) return [];
  const generations = await tx.findBy(GenerationEntity, { tenantId, id: In([...ids]), deletedAt: IsNull() });
  const histories = await tx.query<HistoryRow[]>(
    `SELECT wanted.id, r.settled_micro, r.released_micro, r.served_from, p.retention_days, p.legal_hold,
            coalesce((SELECT jsonb_agg(to_jsonb(l) ORDER BY l.fence) FROM leases l
                       WHERE l.tenant_id = $1 AND l.generation_id = wanted.id), '[]') AS leases,
            coalesce((SELECT jsonb_agg(to_jsonb(c) - 'outcome' ORDER BY c.finished_at) FROM checkpoints c
                       WHERE c.tenant_id = $1 AND c.generation_id = wanted.id), '[]') AS checkpoints
       FROM unnest($2::uuid[]) AS wanted (id)
       LEFT JOIN resolutions r ON r.tenant_id = $1 AND r.generation_id = wanted.id
       LEFT JOIN generations g ON g.tenant_id = $1 AND g.id = wanted.id
       LEFT JOIN projects p ON p.tenant_id = $1 AND p.id = g.project_id`,
    [tenantId, ids],
  );
  const generationById = new Map(generations.map((one) => [one.id, one]));
  const historyById = new Map(histories.map((one) => [one.id, one]));
  return ids.flatMap((id) => {
    const generation = generationById.get(id);
    const history = historyById.get(id);
    return generation && history ? [reportOf(generation, history)] : [];
  });
}

function reportOf(
  generation: GenerationEntity,
  { leases, checkpoints, settled_micro, released_micro, served_from, retention_days, legal_hold }: HistoryRow,
): GenerationReport {
  return {
    generation,
    retentionDays: retention_days,
    onLegalHold: legal_hold ?? false,
    leases: leases.map((lease) => ({
      fence: lease.fence,
      servedFrom: lease.served_from,
      admittedAt: new Date(lease.admitted_at),
      runStartedAt: timeOf(lease.run_started_at),
      beganAt: timeOf(lease.began_at),
      endedAt: timeOf(lease.ended_at),
      endReason: lease.end_reason,
    })),
    checkpoints: checkpoints.map(({ stage, round, fence, finished_at }) => ({ stage, round, fence, finishedAt: new Date(finished_at) })),
    resolution:
      settled_micro === null || released_micro === null
        ? null
        : { settledMicro: BigInt(settled_micro), releasedMicro: BigInt(released_micro), servedFrom: served_from },
  };
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
