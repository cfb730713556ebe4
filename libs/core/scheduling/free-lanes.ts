import { Heap, type HeapReader } from '#core/scheduling/heap';

interface Lane {
  laneId: string;
  /** Lanes are given away in this order. */
  ordinal: number;
}

/** A node's lanes, and which of them are free. One lane costs a logarithm of the node's lanes, never all of them. */
export class FreeLanes {
  private readonly lanes: ReadonlyMap<string, Lane>;
  private readonly free = new Heap<Lane>((one, other) => one.ordinal < other.ordinal);

  constructor(laneIds: readonly string[], isOccupied: (laneId: string) => boolean) {
    this.lanes = new Map(laneIds.map((laneId, ordinal) => [laneId, { laneId, ordinal }]));
    for (const lane of this.lanes.values()) if (!isOccupied(lane.laneId)) this.free.add(lane);
  }

  get count(): number {
    return this.free.size;
  }

  /** In the order in which they are given away. Valid until one is occupied or freed. */
  reader(): HeapReader<{ readonly laneId: string }> {
    return this.free.reader();
  }

  /** A lane that the node no longer has is nobody's. */
  occupy(laneId: string): void {
    const lane = this.lanes.get(laneId);
    if (lane) this.free.remove(lane);
  }

  release(laneId: string): void {
    const lane = this.lanes.get(laneId);
    if (lane && !this.free.has(lane)) this.free.add(lane);
  }
}
