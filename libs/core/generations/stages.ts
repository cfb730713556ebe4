import type { Operation } from '#core/generations/recipe';

/** Steps that need a lane. */
export const LANE_STAGES = ['draft', 'render', 'upscale', 'audio', 'package'] as const;
/** Steps of the control plane: a few milliseconds each, but for `fetch`, which reads what the customer's URLs hold. */
const CONTROL_STAGES = ['moderate', 'fetch', 'plan', 'judge', 'publish'] as const;

export type LaneStage = (typeof LANE_STAGES)[number];
type ControlStage = (typeof CONTROL_STAGES)[number];
export type Stage = LaneStage | ControlStage;

/** Drafts that may be sent back to `plan`: rounds are 0, 1 and 2, and the last is taken as it is. */
export const MAX_REPLANS = 2;

/** A finished stage of a generation, in the round it was finished in. */
export interface FinishedStage {
  stage: Stage;
  round: number;
}

/** The way of a generation. @param fetches whether it has media of the customer's to read first */
export function stagesOf(kind: 'image' | 'video', operation: Operation, fetches: boolean): Stage[] {
  const fetch: Stage[] = fetches ? ['fetch'] : [];
  if (operation === 'upscale') return ['fetch', 'upscale', 'package', 'publish'];
  if (operation === 'add_audio') return ['moderate', 'fetch', 'audio', 'package', 'publish'];
  if (kind === 'image') return ['moderate', ...fetch, 'plan', 'render', 'publish'];
  if (operation === 'create') return ['moderate', ...fetch, 'plan', 'draft', 'judge', 'render', 'package', 'publish'];
  return ['moderate', ...fetch, 'plan', 'render', 'package', 'publish'];
}

export function isLaneStage(stage: Stage): stage is LaneStage {
  return (LANE_STAGES as readonly Stage[]).includes(stage);
}

/**
 * What is left to run after the checkpoints of earlier leases, and in which round.
 * The rounds of plan, draft and judge are one loop: a verdict `again` opens the next round, so the newest round decides where to go on.
 */
export function stagesLeft(
  stages: readonly Stage[],
  finished: readonly FinishedStage[],
  judgedAgain: boolean,
): { stages: Stage[]; round: number } {
  const newestRound = Math.max(0, ...finished.map(({ round }) => round));
  const judged = finished.some(({ stage, round }) => stage === 'judge' && round === newestRound);
  const round = judged && judgedAgain && newestRound < MAX_REPLANS ? newestRound + 1 : newestRound;
  const isDone = (stage: Stage) =>
    finished.some((done) => done.stage === stage && (LOOPED_STAGES.has(stage) ? done.round === round : true));
  return { stages: stages.filter((stage) => !isDone(stage)), round };
}

/** Whether a take-back still makes sense: with no lane work left, settle frees the lane by itself in a moment. */
export function hasLaneStagesLeft(stages: readonly Stage[], finished: readonly FinishedStage[]): boolean {
  return stages.some((stage) => isLaneStage(stage) && !finished.some((done) => done.stage === stage));
}

const LOOPED_STAGES: ReadonlySet<Stage> = new Set<Stage>(['plan', 'draft', 'judge']);
