import { type BoardNode, LaneBoard } from '#core/scheduling/lane-board';
import type { SchedulingView } from '#core/scheduling/plan';
import type { WaitingGeneration } from '#core/scheduling/waiting-generation';

/** The free lanes that a plan in the making has not given away yet. */
export class DraftBoard {
  private readonly changedNodes = new LaneBoard();
  private readonly changedNodeIds = new Set<string>();
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
    const laneIds = node.freeLaneIds.slice(0, lanes);
    this.changedNodeIds.add(node.nodeId);
    this.changedNodes.put({ ...node, freeLaneIds: node.freeLaneIds.slice(lanes) });
    this.lanesTaken += lanes;
    return { nodeId: node.nodeId, laneIds };
  }

  /** Keeps a node's free lanes from everyone who comes later in this plan. @returns how many */
  keep(nodeId: string): number {
    const node = this.node(nodeId);
    if (node) this.take(node, node.freeLaneIds.length);
    return node?.freeLaneIds.length ?? 0;
  }

  freeLanesOf(nodeId: string): number {
    return this.node(nodeId)?.freeLaneIds.length ?? 0;
  }

  private node(nodeId: string): BoardNode | undefined {
    return this.changedNodeIds.has(nodeId) ? this.changedNodes.node(nodeId) : this.view.board.node(nodeId);
  }

  private findAny(generation: WaitingGeneration): BoardNode | undefined {
    return this.changedNodes.findAny(generation) ?? this.view.board.findAny(generation, this.isChanged);
  }

  private readonly isChanged = (nodeId: string) => this.changedNodeIds.has(nodeId);
}
