import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { StageOutcome } from '#contracts/lanes/work-order';
import type { LeaseRef } from '#core/generations/lease';
import type { LaneStage } from '#core/generations/stages';

/** Runs one stage on a node, as the workflow of a generation would, and nothing else. */
export async function runOneStage(laneQueue: string, stage: LeaseRef & { stage: LaneStage; round: number }): Promise<StageOutcome> {
  if (!laneQueue) throw ApplicationFailure.nonRetryable('no queue');
  const { runLaneStage } = proxyActivities<{ runLaneStage(input: typeof stage): Promise<StageOutcome> }>({
    taskQueue: laneQueue,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '20 seconds',
    retry: { initialInterval: '100 milliseconds', maximumAttempts: 3 },
  });
  return runLaneStage(stage);
}
