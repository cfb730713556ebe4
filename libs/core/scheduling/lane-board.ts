import type { PlacementRule } from '#core/scheduling/waiting-generation';

/** A node with free lanes, as placement sees it. */
export interface BoardNode {
  readonly nodeId: string;
  readonly siteId: string;
  readonly region: string;
  readonly jurisdiction: string;
  readonly trainsOnInputs?: boolean;
  readonly residentModels: readonly string[];
  readonly freeLanes: number;
}

interface LaneRequest {
  model: string;
  gangLanes: number;
  placement: PlacementRule;
}

/** Node ids by number of free lanes. Looking for one passes the numbers that occur, however many lanes a node has. */
class NodesByFreeLanes {
  private readonly nodeIds = new Map<number, Set<string>>();
  /** The numbers that occur, in order. */
  private readonly numbers: number[] = [];

  add(freeLanes: number, nodeId: string): void {
    let ofNumber = this.nodeIds.get(freeLanes);
    if (!ofNumber) {
      ofNumber = new Set();
      this.nodeIds.set(freeLanes, ofNumber);
      this.numbers.splice(this.placeOf(freeLanes), 0, freeLanes);
    }
    ofNumber.add(nodeId);
  }

  delete(freeLanes: number, nodeId: string): void {
    const ofNumber = this.nodeIds.get(freeLanes);
    if (!ofNumber?.delete(nodeId) || ofNumber.size > 0) return;
    this.nodeIds.delete(freeLanes);
    this.numbers.splice(this.placeOf(freeLanes), 1);
  }

  /** With the fewest free lanes that are enough. */
  find(lanes: number, isTaken: (nodeId: string) => boolean): string | undefined {
    for (let place = this.placeOf(lanes); place < this.numbers.length; place += 1) {
      for (const nodeId of this.nodeIds.get(this.numbers[place] as number) ?? []) if (!isTaken(nodeId)) return nodeId;
    }
    return undefined;
  }

  /** Of the first number that is no less. */
  private placeOf(freeLanes: number): number {
    let low = 0;
    for (let high = this.numbers.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.numbers[middle] as number) < freeLanes) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The nodes of one site, by one kind of terms. */
interface Site {
  siteId: string;
  region: string;
  jurisdiction: string;
  trainsOnInputs: boolean;
  all: NodesByFreeLanes;
  byModel: Map<string, NodesByFreeLanes>;
}

/** Free lanes, kept so that a place is found by looking at sites and lane counts, never at every node. */
export class LaneBoard {
  private readonly nodes = new Map<string, BoardNode>();
  private readonly sites = new Map<string, Site>();
  private freeLanesCount = 0;

  get freeLanes(): number {
    return this.freeLanesCount;
  }

  node(nodeId: string): BoardNode | undefined {
    return this.nodes.get(nodeId);
  }

  /** Adds a node, or replaces what was known of it. */
  put(node: BoardNode): void {
    this.remove(node.nodeId);
    if (node.freeLanes === 0) return;
    this.nodes.set(node.nodeId, node);
    this.freeLanesCount += node.freeLanes;
    for (const nodesByFreeLanes of this.listsOf(node)) nodesByFreeLanes.add(node.freeLanes, node.nodeId);
  }

  remove(nodeId: string): void {
    const node = this.nodes.get(nodeId);
    if (!node) return;
    this.nodes.delete(nodeId);
    this.freeLanesCount -= node.freeLanes;
    for (const nodesByFreeLanes of this.listsOf(node)) nodesByFreeLanes.delete(node.freeLanes, nodeId);
  }

  /** A node where the model is resident. Fullest first, so that whole nodes stay whole for gangs. */
  findResident(request: LaneRequest, isTaken?: (nodeId: string) => boolean): BoardNode | undefined {
    return this.find(request, (site) => site.byModel.get(request.model), isTaken);
  }

  /** Any node with enough free lanes. */
  findAny(request: LaneRequest, isTaken?: (nodeId: string) => boolean): BoardNode | undefined {
    return this.find(request, (site) => site.all, isTaken);
  }

  private find(
    { gangLanes, placement }: LaneRequest,
    listOf: (site: Site) => NodesByFreeLanes | undefined,
    isTaken: (nodeId: string) => boolean = () => false,
  ): BoardNode | undefined {
    for (const site of this.sites.values()) {
      if (!mayRunAt(placement, site.siteId, site)) continue;
      const nodeId = listOf(site)?.find(gangLanes, isTaken);
      if (nodeId !== undefined) return this.nodes.get(nodeId);
    }
    return undefined;
  }

  private listsOf(node: BoardNode): NodesByFreeLanes[] {
    const { siteId, region, jurisdiction, trainsOnInputs = false } = node;
    const key = trainsOnInputs ? `${siteId} trains` : siteId;
    let site = this.sites.get(key);
    if (!site) {
      site = { siteId, region, jurisdiction, trainsOnInputs, all: new NodesByFreeLanes(), byModel: new Map() };
      this.sites.set(key, site);
    }
    const lists = [site.all];
    for (const model of node.residentModels) {
      const ofModel = site.byModel.get(model) ?? new NodesByFreeLanes();
      site.byModel.set(model, ofModel);
      lists.push(ofModel);
    }
    return lists;
  }
}

/** Rule 6: site, region, jurisdiction and what may be trained on are hard constraints. */
export function mayRunAt(
  { siteIds, regions, jurisdictions, mayTrain }: PlacementRule,
  siteId: string,
  site: Pick<BoardNode, 'region' | 'jurisdiction' | 'trainsOnInputs'>,
): boolean {
  if (site.trainsOnInputs && !mayTrain) return false;
  if (siteIds && !siteIds.includes(siteId)) return false;
  if (regions && !regions.includes(site.region)) return false;
  return !jurisdictions || jurisdictions.includes(site.jurisdiction);
}
