import { createHash } from 'node:crypto';
import type { ServiceTier } from '#core/catalog/service-tiers';
import type { Tx } from '#platform/database/tx';

// Each of these may run again with the same ids: what is there stays as it is.

/** Makes a tenant and the accounts that every tenant has. */
export async function provisionTenant(
  tx: Tx,
  tenant: { id: string; name: string; parentTenantId?: string | null; reservedAccountId: string; spentAccountId: string },
): Promise<void> {
  await tx.query('INSERT INTO tenants (id, name, parent_tenant_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    tenant.id,
    tenant.name,
    tenant.parentTenantId ?? null,
  ]);
  await tx.query(`INSERT INTO accounts (tenant_id, id, kind) VALUES ($1, $2, 'reserved'), ($1, $3, 'spent') ON CONFLICT DO NOTHING`, [
    tenant.id,
    tenant.reservedAccountId,
    tenant.spentAccountId,
  ]);
}

/** An API key to be registered. Absent means: no end, no project, no cap, no limits and no service tier of its own. */
export interface NewApiKey {
  tenantId: string;
  id: string;
  name: string;
  secret: string;
  scopes: readonly string[];
  revokedAt?: Date;
  expiresAt?: Date;
  projectId?: string;
  serviceTier?: ServiceTier;
  monthlyCapMicro?: bigint;
  createsPerMinute?: number;
  maxConcurrent?: number;
  replacesKeyId?: string;
  /** The person who makes it, and where they are a member: it ends with their membership. */
  madeBy?: { tenantId: string; memberId: string };
}

/** Registers an API key. Only its hash is kept, and a prefix by which people recognize it. */
export async function provisionApiKey(tx: Tx, key: NewApiKey): Promise<void> {
  await tx.query(
    `INSERT INTO api_keys (tenant_id, id, name, prefix, secret_sha256, scopes, revoked_at, expires_at, project_id, monthly_cap_micro,
                           creates_per_minute, max_concurrent, replaces_key_id, service_tier, made_by_tenant_id,
                           made_by_member_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING`,
    [
      key.tenantId,
      key.id,
      key.name,
      key.secret.slice(0, PREFIX_CHARACTERS),
      sha256(key.secret),
      key.scopes,
      key.revokedAt ?? null,
      key.expiresAt ?? null,
      key.projectId ?? null,
      key.monthlyCapMicro ?? null,
      key.createsPerMinute ?? null,
      key.maxConcurrent ?? null,
      key.replacesKeyId ?? null,
      key.serviceTier ?? null,
      key.madeBy?.tenantId ?? null,
      key.madeBy?.memberId ?? null,
    ],
  );
}

/** Of a key of 43 random characters after its first word: enough to tell keys apart, far too few to guess one. */
const PREFIX_CHARACTERS = 12;

export function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
