import type { LeaseRef } from '#core/generations/lease';

/** Fails a generation that lost too many leases, and returns its credits. The runs of generations own how. */
export abstract class ReleaseFailed {
  /** @param reason for the customer */
  abstract release(lease: LeaseRef, reason: string): Promise<unknown>;
}
