import { type Actor, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import type { Tx } from '#platform/database/tx';

/**
 * Ends memberships and the keys that these members have made, in brands too: the transaction names the tenants and their brands.
 * Sessions see at their next request that it is over; keys within the seconds for which they are remembered.
 */
export async function endMemberships(tx: Tx, actor: Actor, ended: readonly { tenantId: string; memberId: string }[]): Promise<void> {
  if (ended.length === 0) return;
  const memberIds = ended.map(({ memberId }) => memberId);
  await tx.query(
    `UPDATE members m SET removed_at = now() FROM unnest($1::uuid[], $2::uuid[]) AS e (tenant_id, id)
      WHERE m.tenant_id = e.tenant_id AND m.id = e.id`,
    [ended.map(({ tenantId }) => tenantId), memberIds],
  );
  const keys = await tx.query<{ tenantId: string; id: string }>(
    `UPDATE api_keys SET revoked_at = now() WHERE made_by_member_id = ANY ($1) AND (revoked_at IS NULL OR revoked_at > now())
     RETURNING tenant_id AS "tenantId", id`,
    [memberIds],
  );
  await recordAudit(tx, [
    ...ended.map(({ tenantId, memberId }) => ({ tenantId, actor, action: 'member.removed', targetId: memberId })),
    ...keys.map(({ tenantId, id }) => ({ tenantId, actor, action: 'key.revoked', targetId: id })),
  ]);
  await recordEvents(tx, [
    ...ended.map(({ tenantId, memberId }) => ({ tenantId, type: 'member.removed', data: { memberId } }) as const),
    ...keys.map(({ tenantId, id }) => ({ tenantId, type: 'key.revoked', data: { keyId: id } }) as const),
  ]);
}
