import { MAX_FREED_NOTICES } from '#apps/lane-agent/limits';
import type { LeaseRef } from '#core/generations/lease';

/** Leases whose lanes are free, and which the scheduler has not yet said it knows of. */
export class FreedNotices {
  private readonly waiting = new Map<string, LeaseRef>();

  constructor(private readonly limit = MAX_FREED_NOTICES) {}

  add(lease: LeaseRef): void {
    this.waiting.set(keyOf(lease), lease);
    if (this.waiting.size > this.limit) this.waiting.delete(this.waiting.keys().next().value!);
  }

  noted(lease: LeaseRef): void {
    this.waiting.delete(keyOf(lease));
  }

  unanswered(): LeaseRef[] {
    return [...this.waiting.values()];
  }
}

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}
