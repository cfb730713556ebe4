import { cellOf, type LaneRange, type LaneState, OTHERS_SLOT } from '#core/capacity/lane-cells';
import type { LeaseRef } from '#core/generations/lease';
import type { Change, LeasedGeneration, NodeFacts } from '#core/scheduling/changes';

/** Lanes in use by kind. `idle`: of a tenant its units that nothing of its own fills, of the pool class its usable lanes that are free. */
export interface LaneCounts {
  own: number;
  lent: number;
  shared: number;
  flex: number;
  idle: number;
}
type Kind = Exclude<keyof LaneCounts, 'idle'>;

interface HeldLease {
  nodeId: string;
  places: number[];
  tenantId: string;
  slot: number;
  kind: Kind;
}

interface TenantUse {
  own: number;
  lent: number;
  shared: number;
  flex: number;
  units: number;
}

/**
 * What every lane of a pool class does, and sums of it: folded from the changes that the index folds, a few steps each, so that nobody has to
 * look at all lanes to know. Lanes keep their places until it is reset.
 */
export class LaneUse {
  /** In the order of the cells. */
  readonly ranges: LaneRange[] = [];
  /** Slot → tenant. */
  readonly slots = new Map<number, string>();
  /** Grows with every change that a viewer can see. */
  version = 0;
  private cellsHeld = new Uint16Array(256);
  private laneCount = 0;
  private readonly places = new Map<string, number>();
  private readonly nodes = new Map<string, { facts: NodeFacts; places: number[] }>();
  private readonly held = new Map<string, HeldLease>();
  private readonly heldPlaces = new Set<number>();
  private readonly slotsByTenant = new Map<string, number>();
  private readonly tenants = new Map<string, TenantUse>();
  private usableLanes = 0;

  get cells(): Uint16Array {
    return this.cellsHeld.slice(0, this.laneCount);
  }

  apply(change: Change): void {
    switch (change.type) {
      case 'node':
        this.putNode(change.node);
        break;
      case 'units':
        this.tenant(change.tenantId).units = change.units;
        this.forgetIfIdle(change.tenantId);
        break;
      case 'leased':
        this.lease(change.lease);
        break;
      case 'ended': {
        const held = this.held.get(keyOf(change.lease));
        for (const place of held?.places ?? []) this.set(place, 'ending', held?.slot);
        break;
      }
      case 'freed':
        this.free(change.lease);
        break;
    }
  }

  reset(): void {
    this.ranges.length = 0;
    for (const held of [this.slots, this.places, this.nodes, this.held, this.heldPlaces, this.slotsByTenant, this.tenants]) held.clear();
    this.laneCount = 0;
    this.usableLanes = 0;
    this.version += 1;
  }

  ofPool(): LaneCounts {
    const counts: LaneCounts = { own: 0, lent: 0, shared: 0, flex: 0, idle: 0 };
    for (const { own, lent, shared, flex } of this.tenants.values()) {
      counts.own += own;
      counts.lent += lent;
      counts.shared += shared;
      counts.flex += flex;
    }
    counts.idle = Math.max(0, this.usableLanes - counts.own - counts.lent - counts.shared - counts.flex);
    return counts;
  }

  /** Tenants with units, or with lanes. */
  *byTenant(): Generator<[tenantId: string, counts: LaneCounts]> {
    for (const [tenantId, { units, ...used }] of this.tenants) yield [tenantId, { ...used, idle: Math.max(0, units - used.own) }];
  }

  private putNode(facts: NodeFacts): void {
    const known = this.nodes.get(facts.nodeId);
    const node = known ?? { facts, places: [] };
    this.nodes.set(facts.nodeId, node);
    if (known?.facts.isUsable) this.usableLanes -= known.facts.laneIds.length;
    if (facts.isUsable) this.usableLanes += facts.laneIds.length;
    node.facts = facts;
    for (const laneId of facts.laneIds) this.placeOf(laneId, facts);
    for (const place of node.places) if (!this.heldPlaces.has(place)) this.set(place, facts.isUsable ? 'idle' : 'away');
  }

  private lease(lease: LeasedGeneration): void {
    const facts = this.nodes.get(lease.nodeId)?.facts;
    if (this.held.has(keyOf(lease)) || !facts) return;
    const kind = lease.tier === 'flex' && lease.servedFrom !== 'own' ? 'flex' : lease.servedFrom;
    const slot = this.slotFor(lease.tenantId);
    const places = lease.laneIds.map((laneId) => this.placeOf(laneId, facts));
    this.held.set(keyOf(lease), { nodeId: lease.nodeId, places, tenantId: lease.tenantId, slot, kind });
    this.tenant(lease.tenantId)[kind] += places.length;
    for (const place of places) {
      this.heldPlaces.add(place);
      this.set(place, kind, slot);
    }
  }

  private free(ref: LeaseRef): void {
    const held = this.held.get(keyOf(ref));
    if (!held) return;
    this.held.delete(keyOf(ref));
    this.tenant(held.tenantId)[held.kind] -= held.places.length;
    for (const place of held.places) {
      this.heldPlaces.delete(place);
      this.set(place, this.nodes.get(held.nodeId)?.facts.isUsable ? 'idle' : 'away');
    }
    this.forgetIfIdle(held.tenantId);
  }

  private placeOf(laneId: string, { nodeId, siteId }: NodeFacts): number {
    const known = this.places.get(laneId);
    if (known !== undefined) return known;
    const place = this.laneCount;
    this.laneCount += 1;
    if (this.laneCount > this.cellsHeld.length) {
      const larger = new Uint16Array(2 * this.cellsHeld.length);
      larger.set(this.cellsHeld);
      this.cellsHeld = larger;
    }
    this.cellsHeld[place] = cellOf('away');
    this.places.set(laneId, place);
    this.nodes.get(nodeId)?.places.push(place);
    const last = this.ranges.at(-1);
    if (last?.nodeId === nodeId) last.lanes += 1;
    else this.ranges.push({ siteId, nodeId, lanes: 1 });
    this.version += 1;
    return place;
  }

  /** A tenant keeps its slot for as long as this lives: a viewer that looks away for a moment is never shown another's lanes as its own. */
  private slotFor(tenantId: string): number {
    const known = this.slotsByTenant.get(tenantId);
    if (known !== undefined) return known;
    const slot = this.slotsByTenant.size + 1;
    if (slot >= OTHERS_SLOT) return OTHERS_SLOT;
    this.slotsByTenant.set(tenantId, slot);
    this.slots.set(slot, tenantId);
    return slot;
  }

  private set(place: number, state: LaneState, slot?: number): void {
    const cell = cellOf(state, slot);
    if (this.cellsHeld[place] === cell) return;
    this.cellsHeld[place] = cell;
    this.version += 1;
  }

  private tenant(tenantId: string): TenantUse {
    let use = this.tenants.get(tenantId);
    if (!use) {
      use = { own: 0, lent: 0, shared: 0, flex: 0, units: 0 };
      this.tenants.set(tenantId, use);
    }
    return use;
  }

  private forgetIfIdle(tenantId: string): void {
    const use = this.tenants.get(tenantId);
    if (use && use.own + use.lent + use.shared + use.flex + use.units === 0) this.tenants.delete(tenantId);
  }
}

function keyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}
