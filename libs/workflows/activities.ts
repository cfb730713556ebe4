import type { StageOutcome } from '#contracts/lanes/work-order';
import type { LeaseRef } from '#core/generations/lease';
import type { LaneStage, Stage } from '#core/generations/stages';

/** What the relay gives to a run: ids and plans, never a prompt. */
export interface GenerateInput extends LeaseRef {
  /** Task queue of the leased node. */
  laneQueue: string;
  /** What earlier leases left to do, in order. */
  stages: Stage[];
  /** Replans so far. */
  round: number;
  /** Time limit of one attempt at one lane stage, derived from the estimate. */
  laneStageTimeoutMs: number;
}

export type Outcome = 'completed' | 'failed' | 'cancelled' | 'requeued';
export type Verdict = { verdict: 'accept' } | { verdict: 'again' };
/** A named refusal: the generation fails with this reason, and costs nothing. */
export type ContentRefusal = { failed: string };

/**
 * On the task queue of the leased node. Not retryable are failures of the types `LeaseLost` (the lease is not this node's any more),
 * `NodeRefused` (this node will not run it; another may) and `StageFailed` (no node can do it: the generation fails).
 */
export interface LaneActivities {
  runLaneStage(input: LeaseRef & { stage: LaneStage; round: number }): Promise<StageOutcome>;
}

/** Activities of the control plane, all but `fetchMedia` local. Each is fenced, may run again with the same result, and fails as `LeaseLost` under an old fence. */
export interface ControlActivities {
  moderate(lease: LeaseRef): Promise<ContentRefusal | null>;
  /** Reads the media that the customer brought along and keeps them in a form that nodes may trust. */
  fetchMedia(lease: LeaseRef): Promise<ContentRefusal | null>;
  plan(lease: LeaseRef & { round: number }): Promise<null>;
  judge(lease: LeaseRef & { round: number }): Promise<Verdict>;
  /** Fails as `StageFailed` when an artifact of the generation is not there or not whole. */
  publish(lease: LeaseRef): Promise<null>;
  saveCheckpoint(input: LeaseRef & { stage: LaneStage; round: number; outcome: StageOutcome }): Promise<null>;
  settle(lease: LeaseRef): Promise<Outcome>;
  release(input: LeaseRef & { reason: string }): Promise<Outcome>;
  /** Gives a lease back that cannot be run (its node refused or is silent): the scheduler places anew. */
  handBack(lease: LeaseRef): Promise<null>;
}
