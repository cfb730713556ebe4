import type { HeapReader } from '#core/scheduling/heap';
import { type BoardNode, LaneBoard } from '#core/scheduling/lane-board';
import type { SchedulingView } from '#core/scheduling/plan';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** The free lanes that a plan in the making has not given away yet. */
export class DraftBoard {
  private readonly changedNodes = new LaneBoard();
  private readonly changedNodeIds = new Set<string>();
  private readonly freeLaneReaders = new Map<string, HeapReader<{ readonly laneId: string }>>();
  private lanesTaken = 0;

  constructor(private readonly view: SchedulingView) {}

  get freeLanes(): number {
    return this.view.board.freeLanes - this.lanesTaken;
  }

  /** Rule 6: a node where the model is resident, else any with enough free lanes. */
  find(generation: WaitingGeneration): BoardNode | undefined {
    return this.findResident(generation) ?? this.findAny(generation);
  }

  findResident(generation: WaitingGeneration): BoardNode | undefined {
    return this.changedNodes.findResident(generation) ?? this.view.board.findResident(generation, this.isChanged);
  }

  take(node: BoardNode, lanes: number): { nodeId: string; laneIds: string[] } {
    let reader = this.freeLaneReaders.get(node.nodeId);
    if (!reader) {
      reader = this.view.freeLanesOf(node.nodeId);
      this.freeLaneReaders.set(node.nodeId, reader);
    }
    const laneIds = Array.from({ length: lanes }, () => (reader.next() as { laneId: string }).laneId);
    this.leave(node, node.freeLanes - lanes);
    return { nodeId: node.nodeId, laneIds };
  }

  /** Keeps a node's free lanes from everyone who comes later in this plan. */
  keep(nodeId: string): void {
    const node = this.node(nodeId);
    if (node) this.leave(node, 0);
  }

  freeLanesOf(nodeId: string): number {
    return this.node(nodeId)?.freeLanes ?? 0;
  }

  private leave(node: BoardNode, freeLanes: number): void {
    this.changedNodeIds.add(node.nodeId);
    this.changedNodes.put({ ...node, freeLanes });
    this.lanesTaken += node.freeLanes - freeLanes;
  }

  private node(nodeId: string): BoardNode | undefined {
    return this.changedNodeIds.has(nodeId) ? this.changedNodes.node(nodeId) : this.view.board.node(nodeId);
  }

  private findAny(generation: WaitingGeneration): BoardNode | undefined {
    return this.changedNodes.findAny(generation) ?? this.view.board.findAny(generation, this.isChanged);
  }

  private readonly isChanged = (nodeId: string) => this.changedNodeIds.has(nodeId);
}
