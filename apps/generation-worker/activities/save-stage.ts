import { StageFailed } from '#apps/generation-worker/activities/stage-failed';
import { StageOutcome } from '#contracts/lanes/work-order';
import { isArtifactOf } from '#core/generations/artifacts';
import type { LeaseRef } from '#core/generations/lease';
import type { LaneStage } from '#core/generations/stages';
import type { RunsService } from '#features/generations/runs.service';

/** Keeps what a node says that its stage left. A node is another trust zone: it may name only objects of this stage of its own lease. */
export async function saveStage(
  runs: RunsService,
  lease: LeaseRef,
  stage: LaneStage,
  round: number,
  reported: StageOutcome,
): Promise<void> {
  const outcome = StageOutcome.parse(reported);
  for (const { key } of outcome.artifacts) {
    if (!isArtifactOf({ ...lease, stage, round }, key)) throw new StageFailed(`a node reported an artifact that is not of its ${stage}`);
  }
  await runs.saveCheckpoint(lease, stage, round, outcome);
}
