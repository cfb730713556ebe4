import type { LeaseRef } from '#core/generations/lease';

/** The fence is not the generation's any more, or its state moved on: a newer lease or an ending owns it. Touch nothing. */
export class LeaseLost extends Error {
  constructor({ generationId, fence }: Pick<LeaseRef, 'generationId' | 'fence'>) {
    super(`lease ${generationId}/${fence} is lost`);
    this.name = 'LeaseLost';
  }
}
