import type { LeasedGeneration } from '#core/scheduling/changes';
import type { QueueHead } from '#core/scheduling/queue-order';

/** A lease whose lanes are not free yet, as the index keeps it. */
export interface IndexedLease extends LeasedGeneration {
  estimatedMs: number;
  isEnded: boolean;
  /** It fills units of its tenant: it is never recalled. A borrower becomes one when a unit gets free and it is next in the queue's order. */
  isGuaranteed: boolean;
  /** Its place in its tenant's order, as if it still waited. */
  place: QueueHead;
}

/** Rule 1: the youngest borrower is recalled first. Of one moment, the one that would have come last. */
export function isYounger(one: IndexedLease, other: IndexedLease): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt > other.startedAt;
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt;
  return one.generationId > other.generationId;
}
