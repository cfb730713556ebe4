import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** A head of a tenant's queue, with the moment by which it should start. */
export interface QueueHead {
  readonly generation: WaitingGeneration;
  readonly shapeKey: string;
  /** Lane time it is expected to take, as estimated when it joined. */
  readonly expectedLaneMs: number;
  /** The earlier of `startBy` and `completeBy` − estimate; Infinity without either. */
  readonly startDeadline: number;
}

/** Rule 4: inside a tenant priority, then deadline, then age. */
export function isBeforeInQueue(one: QueueHead, other: QueueHead): boolean {
  if (one.generation.priority !== other.generation.priority) return one.generation.priority > other.generation.priority;
  if (one.startDeadline !== other.startDeadline) return one.startDeadline < other.startDeadline;
  return isOlder(one.generation, other.generation);
}

/**
 * The order in which heads are read from the database, which decides what is held in memory. The database knows no estimates: among the heads
 * that are held, a `completeBy` counts earlier by its own.
 */
export function isBeforeInStore(one: WaitingGeneration, other: WaitingGeneration): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  const [oneDeadline, otherDeadline] = [startDeadlineOf(one, 0), startDeadlineOf(other, 0)];
  if (oneDeadline !== otherDeadline) return oneDeadline < otherDeadline;
  return isOlder(one, other);
}

export function startDeadlineOf({ startBy, completeBy }: WaitingGeneration, estimatedMs: number): number {
  return Math.min(startBy ?? Number.POSITIVE_INFINITY, completeBy === null ? Number.POSITIVE_INFINITY : completeBy - estimatedMs);
}

function isOlder(one: WaitingGeneration, other: WaitingGeneration): boolean {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt;
  return one.generationId < other.generationId;
}
