import { laneQueueOf } from '#contracts/lanes/task-queues';
import type { LeaseRef } from '#core/generations/lease';
import { type FinishedStage, type Stage, stagesLeft } from '#core/generations/stages';
import type { GenerateInput } from '#workflows/activities';

/** What Postgres knows of a lease whose run is to be started. */
export interface AdmittedLease extends LeaseRef {
  nodeId: string;
  stages: Stage[];
  /** Expected run time on its lanes, of all lane stages together. */
  estimatedMs: number;
  checkpoints: (FinishedStage & { verdict: string | null })[];
}

/** A stage may take several times the estimate of all: estimates are means, and a node may be slow. Never longer than its lease. */
const STAGE_ESTIMATE_FACTOR = 5;
const STAGE_MINIMUM_MS = 120_000;

/** What a run needs to know: what is left to do, where, and for how long. */
export function generateInputOf({ tenantId, generationId, fence, nodeId, stages, estimatedMs, checkpoints }: AdmittedLease): GenerateInput {
  const judged = checkpoints.filter(({ stage }) => stage === 'judge').toSorted((one, other) => other.round - one.round);
  const left = stagesLeft(stages, checkpoints, judged[0]?.verdict === 'again');
  return {
    tenantId,
    generationId,
    fence,
    laneQueue: laneQueueOf(nodeId),
    ...left,
    laneStageTimeoutMs: Math.max(STAGE_MINIMUM_MS, STAGE_ESTIMATE_FACTOR * estimatedMs),
  };
}
