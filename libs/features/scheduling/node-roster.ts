import { type AgentMessage, type SchedulerMessage, SILENCE_LIMIT_MS } from '#contracts/lanes/messages';
import { isEmptying } from '#core/capacity/node-state';
import type { LeaseRef } from '#core/generations/lease';
import type { NodeFacts } from '#core/scheduling/changes';
import type { HeardNode, NodeRow } from '#features/capacity/capacity.service';
import { leaseKeyOf } from '#features/scheduling/lease-keys';

/** A node's stream, as the scheduler uses it. */
export interface NodeLink {
  send(message: SchedulerMessage): void;
  /** Ends the stream. With an address, the node is told where the leader is. */
  close(leaderUrl?: string | null): void;
}

type Register = Extract<AgentMessage, { type: 'register' }>;
type Progress = Extract<AgentMessage, { type: 'heartbeat' }>['progress'][number];

interface RosterNode {
  row: NodeRow;
  link: NodeLink | undefined;
  registeredLaneIds: ReadonlySet<string>;
  residentModels: readonly string[];
  heardAtMs: number;
  /** Children of ended leases that still hold lanes which count as free: nothing is placed until they are dead. */
  strangers: Set<string>;
  isLeaving: boolean;
  wasToldToDrain: boolean;
  progress: readonly Progress[];
}

/** The nodes of a pool class as their streams show them: who is there, since when silent, and which may be given work. */
export class NodeRoster {
  private readonly nodes = new Map<string, RosterNode>();
  private readonly heardSinceNoted = new Set<string>();

  /** @param show takes each node as it stands after a change */
  constructor(private readonly show: (facts: NodeFacts) => void) {}

  has(nodeId: string): boolean {
    return this.nodes.has(nodeId);
  }

  linkOf(nodeId: string): NodeLink | undefined {
    return this.nodes.get(nodeId)?.link;
  }

  links(): NodeLink[] {
    return [...this.nodes.values()].flatMap(({ link }) => link ?? []);
  }

  /** The nodes as the database had them last. */
  rows(): Map<string, NodeRow> {
    return new Map([...this.nodes].map(([nodeId, { row }]) => [nodeId, row]));
  }

  /** Takes the nodes as the database has them. One that is new here counts as heard now: silence is measured from the take-over. */
  update(rows: readonly NodeRow[], nowMs: number): void {
    for (const row of rows) {
      const node = this.nodes.get(row.nodeId);
      if (!node) {
        this.nodes.set(row.nodeId, aSilentNode(row, nowMs));
        this.show(factsOf(this.nodes.get(row.nodeId) as RosterNode));
      } else {
        const before = node.row;
        node.row = row;
        if (!isEmptying(row.state)) node.wasToldToDrain = false;
        if (row.isRevoked) this.drop(row.nodeId);
        if (!isSameRow(before, row)) this.show(factsOf(node));
      }
      this.tellToDrain(row.nodeId);
    }
  }

  showAll(): void {
    for (const node of this.nodes.values()) this.show(factsOf(node));
  }

  register(nodeId: string, link: NodeLink, message: Register, strangers: readonly LeaseRef[], nowMs: number): void {
    const node = this.known(nodeId);
    if (node.link !== link) node.link?.close();
    node.link = link;
    node.registeredLaneIds = new Set(message.lanes.map(({ laneId }) => laneId));
    node.residentModels = message.residentModels;
    node.strangers = new Set(strangers.map(leaseKeyOf));
    node.isLeaving = false;
    node.wasToldToDrain = false;
    node.progress = [];
    this.heard(nodeId, nowMs);
    this.show(factsOf(node));
  }

  tellToDrain(nodeId: string): void {
    const node = this.known(nodeId);
    if (!node.link || node.wasToldToDrain || !isEmptying(node.row.state)) return;
    node.wasToldToDrain = true;
    node.link.send({ type: 'drain' });
  }

  heartbeat(nodeId: string, residentModels: readonly string[], progress: readonly Progress[], nowMs: number): void {
    const node = this.known(nodeId);
    this.heard(nodeId, nowMs);
    node.progress = progress;
    if (sameModels(node.residentModels, residentModels)) return;
    node.residentModels = residentModels;
    this.show(factsOf(node));
  }

  strangerGone(nodeId: string, lease: LeaseRef): void {
    const node = this.known(nodeId);
    if (node.strangers.delete(leaseKeyOf(lease)) && node.strangers.size === 0) this.show(factsOf(node));
  }

  leave(nodeId: string): void {
    const node = this.known(nodeId);
    node.isLeaving = true;
    this.show(factsOf(node));
  }

  /** The stream ended. Its leases live on until the node has been silent for too long. */
  unlink(nodeId: string, link: NodeLink): void {
    const node = this.nodes.get(nodeId);
    if (node?.link !== link) return;
    node.link = undefined;
    this.show(factsOf(node));
  }

  /** Ends the node's stream; it gets no work until it registers anew. */
  drop(nodeId: string): void {
    const { link } = this.known(nodeId);
    if (!link) return;
    this.unlink(nodeId, link);
    link.close();
  }

  heard(nodeId: string, nowMs: number): void {
    this.known(nodeId).heardAtMs = nowMs;
    this.heardSinceNoted.add(nodeId);
  }

  takeHeard(): HeardNode[] {
    const heard = [...this.heardSinceNoted].map((nodeId) => ({ nodeId, residentModels: this.known(nodeId).residentModels }));
    this.heardSinceNoted.clear();
    return heard;
  }

  silentNodes(nowMs: number): Set<string> {
    const silent = [...this.nodes.values()].filter(({ heardAtMs }) => nowMs - heardAtMs >= SILENCE_LIMIT_MS);
    return new Set(silent.map(({ row }) => row.nodeId));
  }

  /** Nodes whose work shall go elsewhere, in order. */
  emptyingNodes(): Set<string> {
    const emptying = [...this.nodes.values()].filter(({ row, isLeaving }) => isEmptying(row.state) || isLeaving);
    return new Set(emptying.map(({ row }) => row.nodeId));
  }

  /** What the children of a lease last said of themselves. */
  progressOf(nodeId: string, lease: LeaseRef): Progress | undefined {
    return this.nodes.get(nodeId)?.progress.find((progress) => leaseKeyOf(progress) === leaseKeyOf(lease));
  }

  private known(nodeId: string): RosterNode {
    const node = this.nodes.get(nodeId);
    if (!node) throw new Error(`unknown node: ${nodeId}`);
    return node;
  }
}

function aSilentNode(row: NodeRow, nowMs: number): RosterNode {
  return {
    row,
    link: undefined,
    registeredLaneIds: new Set(),
    residentModels: [],
    heardAtMs: nowMs,
    strangers: new Set(),
    isLeaving: false,
    wasToldToDrain: false,
    progress: [],
  };
}

function factsOf({ row, link, registeredLaneIds, residentModels, strangers, isLeaving }: RosterNode): NodeFacts {
  return {
    nodeId: row.nodeId,
    siteId: row.siteId,
    region: row.region,
    jurisdiction: row.jurisdiction,
    trainsOnInputs: row.trainsOnInputs,
    laneIds: row.laneIds.filter((laneId) => registeredLaneIds.has(laneId)),
    residentModels,
    isUsable: link !== undefined && row.state === 'in_service' && !row.isRevoked && !isLeaving && strangers.size === 0,
  };
}

function isSameRow(one: NodeRow, other: NodeRow): boolean {
  return (Object.keys(one) as (keyof NodeRow)[]).every((column) => one[column] === other[column]);
}

function sameModels(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((model) => other.includes(model));
}
