import type { Stage } from '#core/generations/stages';
import { type GenerationState, isFinal } from '#core/generations/state';

/** One lease of a generation, as its row tells it. */
export interface LeaseFacts {
  fence: number;
  servedFrom: 'own' | 'lent' | 'shared';
  admittedAt: Date;
  runStartedAt: Date | null;
  beganAt: Date | null;
  endedAt: Date | null;
  endReason: 'settled' | 'released' | 'cancelled' | 'taken_back' | 'handed_back' | 'recalled' | null;
}

/** A finished stage, and the lease under which it was finished. */
export interface CheckpointFacts {
  stage: Stage;
  round: number;
  fence: number;
  finishedAt: Date;
}

/** What a timeline is made from: rows that are never taken back, so that the same generation always tells the same story. */
export interface TimelineFacts {
  state: GenerationState;
  stages: readonly Stage[];
  createdAt: Date;
  finishedAt: Date | null;
  failureReason: string | null;
  leases: readonly LeaseFacts[];
  checkpoints: readonly CheckpointFacts[];
}

export type GenerationEventType = 'queued' | 'admitted' | 'running' | 'stage' | 'requeued' | 'completed' | 'failed' | 'cancelled';

export interface GenerationEvent {
  /** Grows along the story and is the same at every reading: what a reader has seen last is enough to go on. */
  sequence: number;
  type: GenerationEventType;
  at: Date;
  stage?: Stage;
  round?: number;
  reason?: string;
}

/** Each lease has this many numbers: one per thing that can happen under it. */
const PER_LEASE = 100;
const ADMITTED = 1;
/** Control-plane work before the first lane stage is numbered before it: 9 … 11 are moderate, fetch and plan. */
const BEGAN = 12;
const REQUEUED = 98;
const ENDED = 99;

/** The place of a stage among the numbers of its lease. Rounds of plan, draft and judge come one after the other. */
const STAGE_PLACES: Readonly<Record<string, number>> = { moderate: 9, fetch: 10, plan: 11, draft: 13, judge: 14 };
const PER_ROUND = 10;
const FIRST_AFTER_ROUNDS = 50;

/** What has happened to a generation so far, in order. */
export function timelineOf(facts: TimelineFacts): GenerationEvent[] {
  const events: GenerationEvent[] = [{ sequence: ADMITTED, type: 'queued', at: facts.createdAt }];
  for (const { fence, admittedAt, beganAt, endedAt, endReason } of facts.leases) {
    const of = fence * PER_LEASE;
    events.push({ sequence: of + ADMITTED, type: 'admitted', at: admittedAt });
    if (beganAt) events.push({ sequence: of + BEGAN, type: 'running', at: beganAt });
    if (endedAt && (endReason === 'taken_back' || endReason === 'handed_back' || endReason === 'recalled')) {
      events.push({ sequence: of + REQUEUED, type: 'requeued', at: endedAt, reason: endReason });
    }
  }
  for (const { stage, round, fence, finishedAt } of facts.checkpoints) {
    events.push({ sequence: fence * PER_LEASE + placeOf(stage, round, facts.stages), type: 'stage', at: finishedAt, stage, round });
  }
  if (isFinal(facts.state) && facts.finishedAt) {
    const lastFence = Math.max(0, ...facts.leases.map(({ fence }) => fence));
    const type = facts.state as 'completed' | 'failed' | 'cancelled';
    const reason = facts.failureReason ?? undefined;
    events.push({ sequence: lastFence * PER_LEASE + ENDED, type, at: facts.finishedAt, ...(reason && { reason }) });
  }
  return events.sort((one, other) => one.sequence - other.sequence);
}

function placeOf(stage: Stage, round: number, stages: readonly Stage[]): number {
  const looped = STAGE_PLACES[stage];
  return looped === undefined ? FIRST_AFTER_ROUNDS + stages.indexOf(stage) : looped + round * PER_ROUND;
}

export interface StageReport {
  stage: Stage;
  round: number;
  state: 'done' | 'current' | 'waiting';
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Number of the lease it was finished under. */
  attempt: number | null;
}

/**
 * Every stage with its times. A stage starts when the one before it has finished, or when its own lease's run began to work, whichever is later.
 * What is not finished yet is one current stage, while a lease is held, and the ones that wait for it.
 */
export function stageReports({ state, stages, leases, checkpoints, finishedAt }: TimelineFacts): StageReport[] {
  const inOrder = [...checkpoints].sort((one, other) => one.finishedAt.getTime() - other.finishedAt.getTime());
  const startOf = (fence: number, previous: Date | undefined) => {
    const lease = leases.find((one) => one.fence === fence);
    const run = lease?.runStartedAt ?? lease?.admittedAt;
    return run && previous ? new Date(Math.max(run.getTime(), previous.getTime())) : (run ?? previous ?? null);
  };
  const done = inOrder.map(
    ({ stage, round, fence, finishedAt }, at): StageReport => ({
      stage,
      round,
      state: 'done',
      startedAt: startOf(fence, inOrder[at - 1]?.finishedAt),
      finishedAt,
      attempt: fence,
    }),
  );
  const left = stages.filter((stage) => !checkpoints.some((checkpoint) => checkpoint.stage === stage));
  if (isFinal(state)) {
    // Publishing leaves no checkpoint: it is done when the generation is completed.
    const attempt = leases.at(-1)?.fence ?? null;
    const ending = left.map((stage) => ({
      stage,
      round: 0,
      state: 'done' as const,
      startedAt: inOrder.at(-1)?.finishedAt ?? null,
      finishedAt,
      attempt,
    }));
    return state === 'completed' ? [...done, ...ending] : done;
  }
  const held = leases.find(({ endedAt }) => endedAt === null);
  return [
    ...done,
    ...left.map((stage, at): StageReport => {
      const isCurrent = at === 0 && held !== undefined;
      return {
        stage,
        round: 0,
        state: isCurrent ? 'current' : 'waiting',
        startedAt: isCurrent ? startOf(held.fence, inOrder.at(-1)?.finishedAt) : null,
        finishedAt: null,
        attempt: isCurrent ? held.fence : null,
      };
    }),
  ];
}
