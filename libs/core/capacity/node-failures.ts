/** Why a node's leases were lost, or what ran on it failed. A drain, a recall and a cancel are no failures. */
export const NODE_FAILURES = ['silent', 'no_run', 'expired', 'freed', 'handed_back', 'released'] as const;
export type NodeFailure = (typeof NODE_FAILURES)[number];

export function isNodeFailure(cause: string): cause is NodeFailure {
  return (NODE_FAILURES as readonly string[]).includes(cause);
}
