import type { ServiceTier } from '#core/catalog/service-tiers';
import { Heap } from '#core/scheduling/heap';
import type { IndexedTenants } from '#core/scheduling/indexed-tenants';
import { FLEX_COUNTS_AS_SHARED_AFTER_MS, MAX_HEADS_PER_TENANT } from '#core/scheduling/limits';
import { type QueueHead, startDeadlineOf } from '#core/scheduling/queue-order';
import type { RunEstimates } from '#core/scheduling/run-estimates';
import { mayBorrow } from '#core/scheduling/service-tier';
import type { Sharing } from '#core/scheduling/sharing';
import type { TenantQueue } from '#core/scheduling/tenant-queue';
import { type Shape, shapeKeyOf, type WaitingGeneration } from '#core/scheduling/waiting-generation';
import type { WaitingShapes } from '#core/scheduling/waiting-shapes';

interface Sharers {
  tenants: IndexedTenants;
  shapes: WaitingShapes;
  sharing: Sharing;
  estimates: RunEstimates;
}

/** The heads of all queues: what waits and is held in memory, up to a bound a tenant and tier. */
export class WaitingHeads {
  private readonly waiting = new Map<string, { head: QueueHead; tenant: TenantQueue }>();
  /** Waiting `flex` that does not count as `shared` yet, the oldest first. */
  private readonly youngFlex = new Heap<QueueHead>((one, other) => one.generation.createdAt < other.generation.createdAt);
  private clock = Number.NEGATIVE_INFINITY;

  constructor(private readonly of: Sharers) {}

  get count(): number {
    return this.waiting.size;
  }

  find(generationId: string): QueueHead | undefined {
    return this.waiting.get(generationId)?.head;
  }

  /** Time has come this far: `flex` that has waited for long counts as `shared` from now on. */
  advanceClock(now: number): void {
    this.clock = Math.max(this.clock, now);
    for (;;) {
      const oldest = this.youngFlex.best();
      if (!oldest || oldest.generation.createdAt + FLEX_COUNTS_AS_SHARED_AFTER_MS > this.clock) return;
      this.remove(oldest.generation.generationId);
      this.add(oldest.generation);
    }
  }

  /** Leaves what lies behind the heads that are held to the database. */
  queue(generation: WaitingGeneration): void {
    if (this.waiting.has(generation.generationId)) return;
    const tenant = this.of.tenants.of(generation.tenantId);
    if (tenant.isLeftInStore(generation)) return;
    this.add(generation);
    for (const { generation: left } of tenant.surplus(generation.tier)) this.remove(left.generationId);
  }

  remove(generationId: string): void {
    const entry = this.waiting.get(generationId);
    if (!entry) return;
    const { head, tenant } = entry;
    this.waiting.delete(generationId);
    this.youngFlex.remove(head);
    this.of.tenants.change(tenant, () => tenant.remove(head));
    if (!tenant.headsByShape.has(head.shapeKey)) this.of.shapes.leave(tenant, head.shapeKey);
  }

  /** The first heads of a queue as the database has them. */
  replace(tenantId: string, tier: ServiceTier, generations: readonly WaitingGeneration[], hasMore: boolean): void {
    const { tenants } = this.of;
    const wanted = new Set(generations.map(({ generationId }) => generationId));
    for (const { generation } of tenants.of(tenantId).headsOfTier(tier))
      if (!wanted.has(generation.generationId)) this.remove(generation.generationId);
    for (const generation of generations) if (!this.waiting.has(generation.generationId)) this.add(generation);
    const refilled = tenants.of(tenantId);
    tenants.change(refilled, () => {
      const queue = refilled.tierQueue(tier);
      queue.hasUnseen = false;
      queue.storeBoundary = hasMore ? (generations.at(-1) ?? null) : null;
      queue.headsWanted = Math.min(2 * queue.headsWanted, MAX_HEADS_PER_TENANT);
    });
  }

  /** The database has more of a queue, uncounted. */
  noteMore(tenantId: string, tier: ServiceTier): void {
    const tenant = this.of.tenants.of(tenantId);
    this.of.tenants.change(tenant, () => {
      tenant.tierQueue(tier).hasUnseen = true;
    });
  }

  clear(): void {
    this.waiting.clear();
    for (const head of [...this.youngFlex.values()]) this.youngFlex.remove(head);
  }

  private add(generation: WaitingGeneration): void {
    const { tenants, sharing, shapes } = this.of;
    const tenant = tenants.of(generation.tenantId);
    const shape = this.shapeOf(generation);
    const head = this.headOf(generation, shape);
    tenants.change(tenant, () => {
      if (mayBorrow(shape.tier)) sharing.begin(tenant);
      tenant.add(head, shape);
    });
    this.waiting.set(generation.generationId, { head, tenant });
    if (shape.tier === 'flex') this.youngFlex.add(head);
    if (mayBorrow(shape.tier)) shapes.join(tenant, shape, head.shapeKey);
  }

  private shapeOf({ model, tier, gangLanes, placement, createdAt }: WaitingGeneration): Shape {
    const isAged = tier === 'flex' && createdAt + FLEX_COUNTS_AS_SHARED_AFTER_MS <= this.clock;
    return { model, tier: isAged ? 'shared' : tier, gangLanes, placement };
  }

  private headOf(generation: WaitingGeneration, shape: Shape): QueueHead {
    const estimatedMs = this.of.estimates.estimateMs(generation);
    return {
      generation,
      shapeKey: shapeKeyOf(shape),
      expectedLaneMs: estimatedMs * generation.gangLanes,
      startDeadline: startDeadlineOf(generation, estimatedMs),
    };
  }
}
