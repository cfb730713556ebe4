import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';
import type { LeaseRef } from '#core/generations/lease';
import { isLaneStage, type LaneStage, MAX_REPLANS, type Stage } from '#core/generations/stages';
import type { ContentRefusal, ControlActivities, GenerateInput, LaneActivities, Outcome, Verdict } from '#workflows/activities';

/** A step that keeps failing gives its lanes back after about a minute; `maximumAttempts` is that bound. */
const { moderate, plan, judge, publish, saveCheckpoint } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '5 s',
  retry: { initialInterval: '200 ms', maximumInterval: '5 s', maximumAttempts: 20 },
});
/** Reads what customers' URLs hold: too long for a local activity, and tried again only when its worker dies. */
const { fetchMedia } = proxyActivities<ControlActivities>({
  startToCloseTimeout: '150 s',
  heartbeatTimeout: '15 s',
  retry: { initialInterval: '500 ms', maximumInterval: '5 s', maximumAttempts: 3 },
});
/** Without a bound: a run may not end before Postgres knows how. */
const { settle, release, handBack } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '5 s',
  retry: { initialInterval: '200 ms', maximumInterval: '5 s' },
});
/** A draft is cheap to try again, a render is not; packaging mostly fails on the network. */
const LANE_ATTEMPTS = { draft: 3, render: 2, upscale: 2, audio: 3, package: 4 } satisfies Record<LaneStage, number>;

/** One run per lease: runs what is left of the stages, then pays. Every way out settles, releases or hands back. */
export async function generate(input: GenerateInput): Promise<Outcome> {
  const lease: LeaseRef = { tenantId: input.tenantId, generationId: input.generationId, fence: input.fence };
  try {
    const failure = await firstFailure(input, lease);
    return await CancellationScope.nonCancellable(() => (failure ? release({ ...lease, reason: failure }) : settle(lease)));
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error; // a bug: the task is tried again until corrected code is there
    // After `LeaseLost` a newer lease, or an ending, owns the generation: touch nothing. All else gives the lanes to another run.
    if (failureType(error) !== 'LeaseLost') await CancellationScope.nonCancellable(() => handBack(lease)).catch(unlessLost);
    return 'requeued';
  }
}

/** Runs the stages in order and answers why the generation fails, if it does. A verdict `again` puts three of them before the rest. */
async function firstFailure({ stages, round, ...input }: GenerateInput, lease: LeaseRef): Promise<string | undefined> {
  const left: Stage[] = [...stages];
  for (let stage = left.shift(); stage; stage = left.shift()) {
    const end = await runStage(stage, round, input, lease).catch(jobFailed(stage));
    if (end && 'failed' in end) return end.failed;
    if (end?.verdict === 'again' && round < MAX_REPLANS) {
      round += 1;
      left.unshift('plan', 'draft', 'judge');
    }
  }
  return undefined;
}

async function runStage(stage: Stage, round: number, input: LaneInput, lease: LeaseRef): Promise<ContentRefusal | Verdict | null> {
  if (isLaneStage(stage)) {
    const outcome = await laneActivities(stage, input).runLaneStage({ ...lease, stage, round });
    return saveCheckpoint({ ...lease, stage, round, outcome });
  }
  if (stage === 'moderate') return moderate(lease);
  if (stage === 'fetch') return fetchMedia(lease);
  if (stage === 'plan') return plan({ ...lease, round });
  if (stage === 'judge') return judge({ ...lease, round });
  return publish(lease);
}

type LaneInput = Pick<GenerateInput, 'laneQueue' | 'laneStageTimeoutMs'>;

/** Only the leased node listens on its queue: a stage that is not picked up at once, or falls silent, will not be. */
function laneActivities(stage: LaneStage, { laneQueue, laneStageTimeoutMs }: LaneInput) {
  return proxyActivities<LaneActivities>({
    taskQueue: laneQueue,
    scheduleToStartTimeout: '5 s',
    startToCloseTimeout: laneStageTimeoutMs,
    heartbeatTimeout: '5 s',
    retry: {
      initialInterval: '500 ms',
      maximumInterval: '5 s',
      maximumAttempts: LANE_ATTEMPTS[stage],
      nonRetryableErrorTypes: ['LeaseLost', 'StageFailed', 'NodeRefused'],
    },
  });
}

/** `StageFailed` is the only error that no other node could do better with. */
function jobFailed(stage: Stage): (error: unknown) => ContentRefusal {
  return (error) => {
    if (failureType(error) !== 'StageFailed') throw error;
    return { failed: `Job failed: ${stage}` };
  };
}

function unlessLost(error: unknown): void {
  if (failureType(error) !== 'LeaseLost') throw error;
}

/** The failure of an activity is wrapped, that of a local activity is not. */
function failureType(error: unknown): string | null | undefined {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure ? failure.type : undefined;
}
