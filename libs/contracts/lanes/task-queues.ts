/** Temporal task queue of the workflows. */
export const GENERATION_QUEUE = 'generations';

/** Temporal task queue of one node's agent: a stage can only reach the node that its lease names. */
export function laneQueueOf(nodeId: string): string {
  return `lane-node/${nodeId}`;
}
