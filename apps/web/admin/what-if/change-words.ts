import { useLingui } from '@lingui/react/macro';
import type { Simulation } from '#sdk/types.gen';
import { useTenants } from '#web/admin/panel/tenants';

export type Change = Simulation['changes'][number];

/** Says a change in words. */
export function useChangeWords(): (change: Change) => string {
  const { t } = useLingui();
  const { nameOf } = useTenants();
  return (change) => {
    switch (change.change) {
      case 'add_nodes':
        return t`add nodes at ${change.siteId}: ${change.nodes} × ${change.lanesPerNode} lanes`;
      case 'lose_node':
        return t`lose node ${change.nodeId}`;
      case 'lose_site':
        return t`lose site ${change.siteId}`;
      case 'sell_units':
        return t`sell ${change.units} units to ${nameOf(change.tenantId)}`;
      case 'set_share':
        return t`share of ${nameOf(change.tenantId)}: ${change.weight}`;
    }
  };
}
