import type { NodeFacts } from '#core/scheduling/changes';
import { FreeLanes } from '#core/scheduling/free-lanes';
import type { HeapReader } from '#core/scheduling/heap';
import type { IndexedLease } from '#core/scheduling/indexed-lease';
import { LaneBoard } from '#core/scheduling/lane-board';

interface IndexedNode {
  facts: NodeFacts;
  lanes: FreeLanes;
  /** Lane → the lease that holds it. */
  occupied: Map<string, IndexedLease>;
}

/** The nodes of a pool class, and which of their lanes are free, held by a lease, or free any moment since their lease has ended. */
export class IndexedNodes {
  readonly board = new LaneBoard();
  readonly dyingLanes = new Map<string, number>();
  /** Of usable nodes, free or not. */
  usableLanes = 0;
  private readonly nodes = new Map<string, IndexedNode>();

  ids(): string[] {
    return [...this.nodes.keys()];
  }

  facts(nodeId: string): NodeFacts | undefined {
    return this.nodes.get(nodeId)?.facts;
  }

  freeLanesOf(nodeId: string): HeapReader<{ readonly laneId: string }> {
    return (this.nodes.get(nodeId) as IndexedNode).lanes.reader();
  }

  leasesOn(nodeId: string): Set<IndexedLease> {
    return new Set(this.nodes.get(nodeId)?.occupied.values());
  }

  put(facts: NodeFacts): void {
    const known = this.nodes.get(facts.nodeId);
    if (known?.facts.isUsable) this.usableLanes -= known.facts.laneIds.length;
    if (facts.isUsable) this.usableLanes += facts.laneIds.length;
    const occupied: IndexedNode['occupied'] = known?.occupied ?? new Map();
    const node: IndexedNode = { facts, occupied, lanes: new FreeLanes(facts.laneIds, (laneId) => occupied.has(laneId)) };
    this.nodes.set(facts.nodeId, node);
    this.show(node);
  }

  /** @throws Error when the node is unknown or one of the lanes has a lease: nothing is changed then */
  occupy(lease: IndexedLease): void {
    const node = this.nodes.get(lease.nodeId);
    if (!node) throw new Error(`lease on an unknown node: ${lease.nodeId}`);
    for (const laneId of lease.laneIds) if (node.occupied.has(laneId)) throw new Error(`two leases on lane ${laneId}`);
    for (const laneId of lease.laneIds) {
      node.occupied.set(laneId, lease);
      node.lanes.occupy(laneId);
    }
    this.show(node);
  }

  /** The lease has ended; its lanes are not free yet. */
  beginToFree({ nodeId, laneIds }: IndexedLease): void {
    this.dyingLanes.set(nodeId, (this.dyingLanes.get(nodeId) ?? 0) + laneIds.length);
  }

  free({ nodeId, laneIds }: IndexedLease): void {
    const dying = (this.dyingLanes.get(nodeId) ?? 0) - laneIds.length;
    if (dying > 0) this.dyingLanes.set(nodeId, dying);
    else this.dyingLanes.delete(nodeId);
    const node = this.nodes.get(nodeId) as IndexedNode;
    for (const laneId of laneIds) {
      node.occupied.delete(laneId);
      node.lanes.release(laneId);
    }
    this.show(node);
  }

  clear(): void {
    for (const nodeId of this.nodes.keys()) this.board.remove(nodeId);
    this.nodes.clear();
    this.dyingLanes.clear();
    this.usableLanes = 0;
  }

  /** Puts the node's free lanes on the board, or takes it off. */
  private show({ facts, lanes }: IndexedNode): void {
    if (facts.isUsable) this.board.put({ ...facts, freeLanes: lanes.count });
    else this.board.remove(facts.nodeId);
  }
}
