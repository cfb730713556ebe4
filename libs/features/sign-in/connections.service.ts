import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { ChangeConnection, CreateConnection, SetProvider } from '#contracts/native/connections';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { type ConnectionState, type Provider, protocolOf, type StateRefusal, whyNotState } from '#core/access/connection';
import type { MemberRole } from '#core/access/scopes';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { aboutClientSecret, type OidcSettings } from '#features/sign-in/known-connections.service';
import { GivenSamlProvider } from '#features/sign-in/saml/given-provider';
import { describeCertificate, type SamlProvider } from '#features/sign-in/saml/provider-metadata';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** Connections that a tenant may have at a time. */
const MAX_CONNECTIONS = 20;

interface CommonRow {
  id: string;
  provider: Provider;
  name: string;
  state: ConnectionState;
  version: number;
  is_owner_tested: boolean;
  allows_idp_initiated: boolean;
  default_role: Exclude<MemberRole, 'owner'>;
  created_at: Date;
}
export type ConnectionRow = CommonRow &
  (
    | { kind: 'oidc'; settings: OidcSettings | null; edited_settings: OidcSettings | null }
    | { kind: 'saml'; settings: SamlProvider | null; edited_settings: SamlProvider | null }
  );

const COLUMNS =
  'id, kind, provider, name, state, version, settings, edited_settings, is_owner_tested, allows_idp_initiated, default_role, created_at';

/** Identity providers of tenants. Only who may change the tenant may change who comes in. */
@Injectable()
export class ConnectionsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
    private readonly keys: EncryptionKeys,
    private readonly samlProvider: GivenSamlProvider,
  ) {}

  /** A draft: it has URLs of its own, to be entered at the provider. */
  async create(caller: Caller, tenant: string | undefined, wanted: CreateConnection): Promise<ConnectionRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ConnectionRow | NamedRefusal> => {
      await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]); // counted and added by one at a time
      const existing = await tx.query('SELECT 1 FROM sign_in_connections WHERE tenant_id = $1 AND removed_at IS NULL', [tenantId]);
      if (existing.length >= MAX_CONNECTIONS)
        return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_CONNECTIONS} connections` };
      const id = uuidv7();
      const { provider, name, defaultRole, allowsIdpInitiated } = wanted;
      const [made] = await tx.query<ConnectionRow>(
        `INSERT INTO sign_in_connections (tenant_id, id, kind, provider, name, default_role, allows_idp_initiated)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
        [tenantId, id, protocolOf(provider), provider, name, defaultRole, allowsIdpInitiated],
      );
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.connected', targetId: id, data: wanted }]);
      return made as ConnectionRow;
    });
  }

  /** What people sign in by stays until the new settings have passed a test. */
  async setProvider(caller: Caller, tenant: string | undefined, id: string, given: SetProvider): Promise<ConnectionRow | NamedRefusal> {
    const known = await this.inTenant(caller, tenant, (tx, tenantId) => this.find(tx, tenantId, id));
    if ('refused' in known) return known;
    if ((known.kind === 'oidc') !== 'clientId' in given) {
      return { refused: 'unusable_input', detail: `This connection is by ${known.kind === 'oidc' ? 'OpenID Connect' : 'SAML'}` };
    }
    const settings = 'clientId' in given ? { issuer: given.issuer, clientId: given.clientId } : await this.samlProvider.read(given);
    if ('refused' in settings) return settings;
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ConnectionRow | NamedRefusal> => {
      const secret = 'clientId' in given ? this.keys.encrypt(given.clientSecret, aboutClientSecret(tenantId, id)) : null;
      const [changed] = await tx.query<ConnectionRow>(
        `UPDATE sign_in_connections SET edited_settings = $3, edited_secret = $4, version = version + 1
          WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL RETURNING ${COLUMNS}`,
        [tenantId, id, JSON.stringify(settings), secret],
      );
      if (!changed) return NOT_FOUND;
      const data = { version: changed.version, ...auditable(settings) };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.provider_set', targetId: id, data }]);
      return changed;
    });
  }

  async change(caller: Caller, tenant: string | undefined, id: string, wanted: ChangeConnection): Promise<ConnectionRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<ConnectionRow | NamedRefusal> => {
      const known = await this.find(tx, tenantId, id);
      if ('refused' in known) return known;
      const refusal = wanted.state && whyNotState(wanted.state, proofsOf(known), await safeguards(tx, tenantId, id));
      if (refusal) return { refused: 'not_possible', detail: WHY_NOT[refusal], facts: { why: refusal } };
      const { name = known.name, defaultRole = known.default_role, state = known.state } = wanted;
      const { allowsIdpInitiated = known.allows_idp_initiated } = wanted;
      const [changed] = await tx.query<ConnectionRow>(
        `UPDATE sign_in_connections SET name = $3, default_role = $4, allows_idp_initiated = $5, state = $6
          WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
        [tenantId, id, name, defaultRole, allowsIdpInitiated, state],
      );
      const isNewlyEnforced = state === 'enforced' && known.state !== 'enforced';
      const endedSignIns = isNewlyEnforced ? await endOtherSignIns(tx, tenantId, id) : undefined;
      const data = { ...wanted, ...(wanted.state && { previousState: known.state }), ...(isNewlyEnforced && { endedSignIns }) };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.connection_changed', targetId: id, data }]);
      if (state !== known.state) {
        await recordEvents(tx, [{ tenantId, type: 'sign_in.connection_changed', data: { connectionId: id, state, what: 'state' } }]);
      }
      return changed as ConnectionRow;
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
      await tx.query('UPDATE sign_in_domains SET connection_id = NULL WHERE tenant_id = $1 AND connection_id = $2', [tenantId, id]);
      await tx.query('DELETE FROM sign_in_tests WHERE tenant_id = $1 AND connection_id = $2', [tenantId, id]);
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.disconnected', targetId: id }]);
      return 'removed';
    });
  }

  private async find(tx: Tx, tenantId: string, id: string): Promise<ConnectionRow | NamedRefusal> {
    const [row] = await tx.query<ConnectionRow>(
      `SELECT ${COLUMNS} FROM sign_in_connections WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL FOR UPDATE`,
      [tenantId, id],
    );
    return row ?? NOT_FOUND;
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('sign-in connections', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

const WHY_NOT: Readonly<Record<StateRefusal, string>> = {
  not_tested: 'Test the connection first: what was entered has not signed anybody in yet',
  not_tested_by_owner: 'An owner of the organization has to sign in by these very settings in a test first',
  no_proven_domain: 'Prove an e-mail domain first: there is nobody yet whom this connection signs in',
  no_break_glass: 'An owner has to set a password first, so that somebody can come in while the identity provider is away',
};

export function proofsOf({ settings, is_owner_tested }: ConnectionRow): { isTested: boolean; isOwnerTested: boolean } {
  return { isTested: settings !== null, isOwnerTested: is_owner_tested };
}

async function safeguards(tx: Tx, tenantId: string, connectionId: string): Promise<{ hasProvenDomain: boolean; hasBreakGlass: boolean }> {
  const [found] = await tx.query<{ hasProvenDomain: boolean; hasBreakGlass: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM sign_in_domains WHERE tenant_id = $1 AND verified_at IS NOT NULL
                       AND (connection_id IS NULL OR connection_id = $2)) AS "hasProvenDomain",
            EXISTS (SELECT 1 FROM members m JOIN member_passwords w ON w.tenant_id = m.tenant_id AND w.member_id = m.id
                     WHERE m.tenant_id = $1 AND m.role = 'owner' AND m.removed_at IS NULL) AS "hasBreakGlass"`,
    [tenantId, connectionId],
  );
  return found as { hasProvenDomain: boolean; hasBreakGlass: boolean };
}

/** Of people whom the connection signs in from now on, but for owners who came in by their password. @returns how many */
async function endOtherSignIns(tx: Tx, tenantId: string, connectionId: string): Promise<number> {
  const [ended] = await tx.query<{ count: number }>(
    `SELECT end_other_sign_ins($1, $2, ARRAY(SELECT domain FROM sign_in_domains
       WHERE tenant_id = $1 AND verified_at IS NOT NULL AND (connection_id IS NULL OR connection_id = $2))) AS count`,
    [tenantId, connectionId],
  );
  return ended?.count ?? 0;
}

function auditable(settings: OidcSettings | SamlProvider): Record<string, unknown> {
  if ('clientId' in settings) return { ...settings };
  const { issuer, ssoUrl, certificates } = settings;
  return { issuer, ssoUrl, certificates: certificates.map((pem) => describeCertificate(pem).sha256) };
}
