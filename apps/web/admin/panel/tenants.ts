import { useQuery } from '@tanstack/react-query';
import { listTenantsOptions } from '#sdk/@tanstack/react-query.gen';
import { useMe } from '#web/parts/api/session';

/** Tenants that a choice offers; others are named by their id. */
const MAX_OFFERED = 100;

export function useTenants(): { tenants: { id: string; name: string }[]; nameOf(id: string): string } {
  const { data } = useQuery({ ...listTenantsOptions({ query: { limit: MAX_OFFERED } }), staleTime: 60_000 });
  const tenants = data?.tenants ?? [];
  return { tenants, nameOf: (id) => tenants.find((one) => one.id === id)?.name ?? id };
}

/** Pages offer what may be done, and ask for nobody's role. */
export function useMayOperate(): boolean {
  return useMe()?.tenants.some(({ actions }) => actions.includes('platform:operate')) ?? false;
}
