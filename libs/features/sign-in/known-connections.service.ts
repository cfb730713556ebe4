import { Injectable } from '@nestjs/common';
import type { ConnectionState } from '#core/access/connection';
import type { MemberRole } from '#core/access/scopes';
import type { SamlProvider } from '#features/sign-in/saml/provider-metadata';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

export interface OidcSettings {
  issuer: string;
  clientId: string;
}

interface Common {
  tenantId: string;
  id: string;
  state: ConnectionState;
  /** Of the newest settings. */
  version: number;
  defaultRole: Exclude<MemberRole, 'owner'>;
  /** Whether the provider may begin. Of SAML. */
  allowsIdpInitiated: boolean;
}
export type OidcConnection = Common & { kind: 'oidc'; settings: OidcSettings; secret: string };
export type SamlConnection = Common & { kind: 'saml'; settings: SamlProvider; secret: null };
/** A connection with its provider. */
export type KnownConnection = OidcConnection | SamlConnection;

/** What the encrypted secret is bound to: moved to another connection's row it cannot be read. */
export function aboutClientSecret(tenantId: string, connectionId: string): string {
  return `sign-in client secret ${tenantId} ${connectionId}`;
}

/** What people sign in by, and what waits for its test. */
const SETTINGS = {
  live: `state <> 'draft' AND settings IS NOT NULL`,
  tested: 'coalesce(edited_settings, settings) IS NOT NULL',
};

/** Connections as somebody finds them who is not signed in yet: by an e-mail domain, or by a connection's own URL. */
@Injectable()
export class KnownConnections {
  constructor(
    private readonly db: HotPool,
    private readonly keys: EncryptionKeys,
  ) {}

  async forDomain(domain: string): Promise<KnownConnection | undefined> {
    const [found] = await this.db.query<{ tenant_id: string; id: string }>('SELECT * FROM connection_for($1)', [domain]);
    return found && this.find(found.tenant_id, found.id, 'live');
  }

  /** By whatever state it is in, also while it is being set up. */
  async tenantOf(id: string): Promise<string | undefined> {
    const [found] = await this.db.query<{ tenant_id: string | null }>('SELECT tenant_of_connection($1) AS tenant_id', [id]);
    return found?.tenant_id ?? undefined;
  }

  /** @param as what people sign in by, or the newest settings, to test them */
  async find(tenantId: string, id: string, as: 'live' | 'tested'): Promise<KnownConnection | undefined> {
    const [settings, secret] =
      as === 'live'
        ? ['settings', 'secret']
        : ['coalesce(edited_settings, settings)', 'CASE WHEN edited_settings IS NULL THEN secret ELSE edited_secret END'];
    const [row] = await this.db.transaction('sign-in connection', [tenantId], (tx) =>
      tx.query<KnownConnection>(
        `SELECT tenant_id AS "tenantId", id, kind, state, version, ${settings} AS settings, ${secret} AS secret,
                default_role AS "defaultRole", allows_idp_initiated AS "allowsIdpInitiated"
           FROM sign_in_connections WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL AND ${SETTINGS[as]}`,
        [tenantId, id],
      ),
    );
    return row?.kind === 'oidc' ? { ...row, secret: this.keys.decrypt(row.secret, aboutClientSecret(tenantId, id)) } : row;
  }

  async isSaml(id: string): Promise<boolean> {
    const tenantId = await this.tenantOf(id);
    if (!tenantId) return false;
    const found = await this.db.transaction('sign-in connection', [tenantId], (tx) =>
      tx.query(`SELECT 1 FROM sign_in_connections WHERE tenant_id = $1 AND id = $2 AND kind = 'saml'`, [tenantId, id]),
    );
    return found.length > 0;
  }
}
