import type { LeaseRef } from '#core/generations/lease';

export function leaseKeyOf({ generationId, fence }: LeaseRef): string {
  return `${generationId}/${fence}`;
}

/** For `unnest($n::uuid[], …::uuid[], …::bigint[]) AS x (tenant_id, generation_id, fence)`. */
export function leaseColumns(leases: readonly LeaseRef[]): [string[], string[], string[]] {
  return [leases.map(({ tenantId }) => tenantId), leases.map(({ generationId }) => generationId), leases.map(({ fence }) => fence)];
}
