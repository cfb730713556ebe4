/** A node of a simulated pool class. */
export interface SimulatedNode {
  nodeId: string;
  siteId: string;
  lanes: number;
}

/** Nodes of one site with as many lanes each. */
export function evenFleet(lanes: number, nodes: number): SimulatedNode[] {
  if (lanes % nodes !== 0) throw new RangeError(`${lanes} lanes cannot be spread evenly over ${nodes} nodes`);
  return Array.from({ length: nodes }, (_, at) => ({ nodeId: `n${at}`, siteId: 'site', lanes: lanes / nodes }));
}

export function lanesOf(fleet: readonly SimulatedNode[]): number {
  return fleet.reduce((sum, { lanes }) => sum + lanes, 0);
}
