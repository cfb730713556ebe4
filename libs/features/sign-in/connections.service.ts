import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { CreateConnection, CreateSamlConnection, SetSamlProvider } from '#contracts/native/connections';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import type { MemberRole } from '#core/access/scopes';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { aboutClientSecret, type OidcSettings, type SamlSettings } from '#features/sign-in/known-connections.service';
import {
  asProvider,
  describeCertificate,
  readMetadata,
  type SamlProvider,
  UnusableProvider,
} from '#features/sign-in/saml/provider-metadata';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';
import { OutboundClient } from '#platform/http/outbound/outbound-client';

/** Connections that a tenant may have at a time. */
const MAX_CONNECTIONS = 20;
const METADATA_TIMEOUT_MS = 10_000;
const MAX_METADATA_BYTES = 256 * 1024;

interface CommonRow {
  id: string;
  name: string;
  default_role: Exclude<MemberRole, 'owner'>;
  created_at: Date;
}
export type ConnectionRow = CommonRow & ({ kind: 'oidc'; settings: OidcSettings } | { kind: 'saml'; settings: SamlSettings });

const COLUMNS = 'id, kind, name, settings, default_role, created_at';

/** Identity providers of tenants. Only who may change the tenant may change who comes in. */
@Injectable()
export class ConnectionsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
    private readonly outbound: OutboundClient,
    private readonly keys: EncryptionKeys,
  ) {}

  async create(caller: Caller, tenant: string | undefined, wanted: CreateConnection): Promise<ConnectionRow | NamedRefusal> {
    const { name, issuer, clientId, clientSecret, defaultRole } = wanted;
    return this.add(caller, tenant, { kind: 'oidc', name, settings: { issuer, clientId }, secret: clientSecret, defaultRole });
  }

  async createSaml(caller: Caller, tenant: string | undefined, wanted: CreateSamlConnection): Promise<ConnectionRow | NamedRefusal> {
    const { name, allowsIdpInitiated, defaultRole } = wanted;
    return this.add(caller, tenant, { kind: 'saml', name, settings: { allowsIdpInitiated }, secret: null, defaultRole });
  }

  async setProvider(caller: Caller, tenant: string | undefined, id: string, given: SetSamlProvider): Promise<ConnectionRow | NamedRefusal> {
    const find = (tx: Tx, tenantId: string) =>
      tx.query(`SELECT 1 FROM sign_in_connections WHERE tenant_id = $1 AND id = $2 AND kind = 'saml' AND removed_at IS NULL`, [
        tenantId,
        id,
      ]);
    const found = await this.inTenant(caller, tenant, find);
    if ('refused' in found) return found;
    if (found.length === 0) return NOT_FOUND;
    const provider = await this.providerOf(given);
    if ('refused' in provider) return provider;
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ConnectionRow | NamedRefusal> => {
      const [changed] = await tx.query<ConnectionRow>(
        `UPDATE sign_in_connections SET settings = settings || $3::jsonb
          WHERE tenant_id = $1 AND id = $2 AND kind = 'saml' AND removed_at IS NULL RETURNING ${COLUMNS}`,
        [tenantId, id, JSON.stringify(provider)],
      );
      if (!changed) return NOT_FOUND;
      const { issuer, ssoUrl, certificates } = provider;
      const data = { issuer, ssoUrl, certificates: certificates.map((pem) => describeCertificate(pem).sha256) };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.provider_set', targetId: id, data }]);
      return changed;
    });
  }

  async list(caller: Caller, page: { tenant?: string; limit: number; after?: string }): Promise<ConnectionRow[] | NamedRefusal> {
    return this.inTenant(caller, page.tenant, (tx, tenantId) =>
      tx.query<ConnectionRow>(
        `SELECT ${COLUMNS} FROM sign_in_connections
          WHERE tenant_id = $1 AND removed_at IS NULL AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
        [tenantId, page.after ?? null, page.limit],
      ),
    );
  }

  async remove(caller: Caller, tenant: string | undefined, id: string): Promise<'removed' | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<'removed' | NamedRefusal> => {
      const removed = await tx.query(
        'UPDATE sign_in_connections SET removed_at = now() WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL RETURNING 1',
        [tenantId, id],
      );
      if (removed.length === 0) return NOT_FOUND;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.disconnected', targetId: id }]);
      return 'removed';
    });
  }

  private async add(
    caller: Caller,
    tenant: string | undefined,
    wanted: Pick<ConnectionRow, 'kind' | 'name' | 'settings'> & { secret: string | null; defaultRole: ConnectionRow['default_role'] },
  ): Promise<ConnectionRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ConnectionRow | NamedRefusal> => {
      await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]); // counted and added by one at a time
      const existing = await tx.query('SELECT 1 FROM sign_in_connections WHERE tenant_id = $1 AND removed_at IS NULL', [tenantId]);
      if (existing.length >= MAX_CONNECTIONS)
        return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_CONNECTIONS} connections` };
      const id = uuidv7();
      const { kind, name, settings, secret, defaultRole } = wanted;
      const kept = secret === null ? null : this.keys.encrypt(secret, aboutClientSecret(tenantId, id));
      const [made] = await tx.query<ConnectionRow>(
        `INSERT INTO sign_in_connections (tenant_id, id, kind, name, settings, secret, default_role)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
        [tenantId, id, kind, name, JSON.stringify(settings), kept, defaultRole],
      );
      const data = { kind, name, ...settings, defaultRole };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.connected', targetId: id, data }]);
      return made as ConnectionRow;
    });
  }

  private async providerOf(given: SetSamlProvider): Promise<SamlProvider | NamedRefusal> {
    try {
      if ('metadataXml' in given) return readMetadata(given.metadataXml);
      if ('metadataUrl' in given) return readMetadata(await this.fetched(given.metadataUrl));
      return asProvider(given);
    } catch (error) {
      if (error instanceof UnusableProvider) return { refused: 'unusable_input', detail: error.message };
      throw error;
    }
  }

  private async fetched(url: string): Promise<string> {
    const answer = await this.outbound.get({ url, headers: {}, timeoutMs: METADATA_TIMEOUT_MS, maxResponseBytes: MAX_METADATA_BYTES });
    if (answer.kind !== 'answered') throw new UnusableProvider(`The metadata could not be fetched: ${answer.detail}`);
    if (answer.status !== 200) throw new UnusableProvider(`The metadata could not be fetched: the answer was ${answer.status}`);
    if (answer.bodyTruncated) throw new UnusableProvider(`The metadata are longer than ${MAX_METADATA_BYTES} bytes`);
    return answer.body.toString('utf8');
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('sign-in connections', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}
