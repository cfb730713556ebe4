import { resolveAll } from '#features/generations/resolve-group';
import type { HotPool } from '#platform/database/hot-pool';

/** Ends generations as if their runs had failed. @param control a pool of the control role */
export async function failGenerations(control: HotPool, generations: readonly { tenantId: string; generationId: string }[]): Promise<void> {
  const found = await control.query<{ id: string; tenant_id: string; fence: string }>(
    `UPDATE generations SET state = 'admitted', fence = 1 WHERE id = ANY ($1::uuid[]) RETURNING id, tenant_id, fence`,
    [generations.map(({ generationId }) => generationId)],
  );
  await control.transaction('fail', [], (tx) =>
    resolveAll(
      tx,
      found.map(({ id, tenant_id, fence }) => ({
        by: 'run',
        kind: 'release',
        lease: { tenantId: tenant_id, generationId: id, fence },
        reason: 'Job failed',
      })),
    ),
  );
}
