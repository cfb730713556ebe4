import type { PlacementRule } from '#core/scheduling/waiting-generation';

/** A node with free lanes, as placement sees it. */
export interface BoardNode {
  readonly nodeId: string;
  readonly siteId: string;
  readonly region: string;
  readonly jurisdiction: string;
  readonly residentModels: ReadonlySet<string>;
  /** In the order in which they are given away. */
  readonly freeLaneIds: readonly string[];
}

interface LaneRequest {
  model: string;
  gangLanes: number;
  placement: PlacementRule;
}

/** Node ids by number of free lanes: place n holds the nodes with exactly n. */
type NodesByFreeLanes = Set<string>[];

interface Site {
  region: string;
  jurisdiction: string;
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
    if (node.freeLaneIds.length === 0) return;
    this.nodes.set(node.nodeId, node);
    this.freeLanesCount += node.freeLaneIds.length;
    for (const nodesByFreeLanes of this.listsOf(node)) bucket(nodesByFreeLanes, node.freeLaneIds.length).add(node.nodeId);
  }

  remove(nodeId: string): void {
    const node = this.nodes.get(nodeId);
    if (!node) return;
    this.nodes.delete(nodeId);
    this.freeLanesCount -= node.freeLaneIds.length;
    for (const nodesByFreeLanes of this.listsOf(node)) bucket(nodesByFreeLanes, node.freeLaneIds.length).delete(nodeId);
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
    for (const [siteId, site] of this.sites) {
      if (!mayRunAt(placement, siteId, site)) continue;
      const nodesByFreeLanes = listOf(site) ?? [];
      for (let lanes = gangLanes; lanes < nodesByFreeLanes.length; lanes += 1) {
        for (const nodeId of nodesByFreeLanes[lanes] ?? []) if (!isTaken(nodeId)) return this.nodes.get(nodeId);
      }
    }
    return undefined;
  }

  private listsOf(node: BoardNode): NodesByFreeLanes[] {
    let site = this.sites.get(node.siteId);
    if (!site) {
      site = { region: node.region, jurisdiction: node.jurisdiction, all: [], byModel: new Map() };
      this.sites.set(node.siteId, site);
    }
    const lists = [site.all];
    for (const model of node.residentModels) {
      const ofModel = site.byModel.get(model) ?? [];
      site.byModel.set(model, ofModel);
      lists.push(ofModel);
    }
    return lists;
  }
}

/** Rule 6: site, region and jurisdiction are hard constraints. */
export function mayRunAt(
  { siteIds, regions, jurisdictions }: PlacementRule,
  siteId: string,
  site: Pick<Site, 'region' | 'jurisdiction'>,
): boolean {
  if (siteIds && !siteIds.includes(siteId)) return false;
  if (regions && !regions.includes(site.region)) return false;
  return !jurisdictions || jurisdictions.includes(site.jurisdiction);
}

function bucket(nodesByFreeLanes: NodesByFreeLanes, freeLanes: number): Set<string> {
  for (let lanes = nodesByFreeLanes.length; lanes <= freeLanes; lanes += 1) nodesByFreeLanes.push(new Set());
  return nodesByFreeLanes[freeLanes] as Set<string>;
}
