import type { EndpointKey } from '#features/webhooks/claim-webhooks';
import { aboutHeaders, aboutSecret, decryptHeaders, type KeptHeaders } from '#features/webhooks/encrypted-endpoint';
import type { HotPool } from '#platform/database/hot-pool';
import type { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** Where a claimed delivery goes and how, as it stood at the claim. */
export interface WebhookTarget {
  tenant_id: string;
  id: string;
  url: string;
  headers: Record<string, string>;
  max_per_second: number | null;
  fifo: boolean;
  failing_since: Date | null;
  disabled_reason: string | null;
  /** Newest first. */
  secrets: string[];
}

/** A target as its rows keep it. */
type KeptTarget = Omit<WebhookTarget, 'headers'> & { headers: KeptHeaders };

/** Read with every claim and never kept: a rotated secret, a new URL or a disabled endpoint counts from the next delivery on. */
export function targetsOf(pool: HotPool, endpoints: readonly EndpointKey[]): Promise<KeptTarget[]> {
  return pool.query<KeptTarget>(
    `SELECT e.tenant_id, e.id, e.url, e.headers, e.max_per_second, e.fifo, e.failing_since, e.disabled_reason,
            ARRAY(SELECT s.secret FROM webhook_secrets s
                   WHERE s.tenant_id = e.tenant_id AND s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > now())
                   ORDER BY s.id DESC) AS secrets
       FROM webhook_endpoints e JOIN unnest($1::uuid[], $2::uuid[]) AS wanted (tenant_id, id) USING (tenant_id, id)`,
    [endpoints.map(({ tenantId }) => tenantId), endpoints.map(({ endpointId }) => endpointId)],
  );
}

/** @throws Undecryptable when its secrets or headers were encrypted with a key that is not configured */
export function decryptTarget(keys: EncryptionKeys, kept: KeptTarget): WebhookTarget {
  const { tenant_id, id } = kept;
  return {
    ...kept,
    headers: decryptHeaders(keys, kept.headers, aboutHeaders(tenant_id, id)),
    secrets: kept.secrets.map((secret) => keys.decrypt(secret, aboutSecret(tenant_id, id))),
  };
}
