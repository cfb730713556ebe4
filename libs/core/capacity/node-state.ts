/** A cordoned node finishes what it runs; from a draining one, and one out of service, everything is taken back. */
export const NODE_STATES = ['in_service', 'cordoned', 'draining', 'out_of_service'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Whether its leases are taken back, and go on elsewhere. */
export function isEmptying(state: NodeState): boolean {
  return state === 'draining' || state === 'out_of_service';
}
