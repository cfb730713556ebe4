import { Injectable } from '@nestjs/common';
import type { MemberRole } from '#core/access/scopes';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

export interface OidcSettings {
  issuer: string;
  clientId: string;
}

export interface SamlSettings {
  /** Entity id of the provider. It and what follows are missing until the provider is entered. */
  issuer?: string;
  ssoUrl?: string;
  /** PEM. */
  certificates?: string[];
  /** Whether the provider may begin. */
  allowsIdpInitiated: boolean;
}

interface Common {
  tenantId: string;
  id: string;
  defaultRole: Exclude<MemberRole, 'owner'>;
}
export type OidcConnection = Common & { kind: 'oidc'; settings: OidcSettings; secret: string };
export type SamlConnection = Common & { kind: 'saml'; settings: SamlSettings; secret: null };
export type KnownConnection = OidcConnection | SamlConnection;

/** What the encrypted secret is bound to: moved to another connection's row it cannot be read. */
export function aboutClientSecret(tenantId: string, connectionId: string): string {
  return `sign-in client secret ${tenantId} ${connectionId}`;
}

/** Connections as somebody finds them who is not signed in yet: by an e-mail domain, or by a connection's own URL. */
@Injectable()
export class KnownConnections {
  constructor(
    private readonly db: HotPool,
    private readonly keys: EncryptionKeys,
  ) {}

  async forDomain(domain: string): Promise<KnownConnection | undefined> {
    const [found] = await this.db.query<{ tenant_id: string; id: string }>('SELECT * FROM connection_for($1)', [domain]);
    return found && this.of(found.tenant_id, found.id);
  }

  async byId(id: string): Promise<KnownConnection | undefined> {
    const [found] = await this.db.query<{ tenant_id: string | null }>('SELECT tenant_of_connection($1) AS tenant_id', [id]);
    return found?.tenant_id ? this.of(found.tenant_id, id) : undefined;
  }

  private async of(tenantId: string, id: string): Promise<KnownConnection | undefined> {
    const [row] = await this.db.transaction('sign-in connection', [tenantId], (tx) =>
      tx.query<KnownConnection>(
        `SELECT tenant_id AS "tenantId", id, kind, settings, secret, default_role AS "defaultRole" FROM sign_in_connections
          WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL`,
        [tenantId, id],
      ),
    );
    return row?.kind === 'oidc' ? { ...row, secret: this.keys.decrypt(row.secret, aboutClientSecret(tenantId, id)) } : row;
  }
}
