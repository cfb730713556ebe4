import { MAX_LOST_LEASES_REMEMBERED } from '#apps/lane-agent/limits';
import type { LeaseRef } from '#core/generations/lease';

type Fenced = Pick<LeaseRef, 'generationId' | 'fence'>;

/** Leases this node has given back. Their stages are refused, however late Temporal brings them. */
export class LostLeases {
  /** Highest lost fence by generation, in the order in which they were lost. */
  private readonly fences = new Map<string, bigint>();

  constructor(private readonly limit = MAX_LOST_LEASES_REMEMBERED) {}

  add({ generationId, fence }: Fenced): void {
    const known = this.fences.get(generationId) ?? 0n;
    this.fences.delete(generationId);
    this.fences.set(generationId, BigInt(fence) > known ? BigInt(fence) : known);
    if (this.fences.size > this.limit) this.fences.delete(this.fences.keys().next().value!);
  }

  /** Fences only grow, so an older one is lost as well. */
  has({ generationId, fence }: Fenced): boolean {
    const lost = this.fences.get(generationId);
    return lost !== undefined && BigInt(fence) <= lost;
  }
}
