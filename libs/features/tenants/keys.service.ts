import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { CreateKey } from '#contracts/native/keys';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { mayHandOn, SCOPES_OF_ROLE } from '#core/access/scopes';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { parseCredits } from '#core/ledger/credits';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { recordEvents } from '#features/events/events.service';
import { MAX_KEYS } from '#features/tenants/limits';
import { provisionApiKey } from '#features/tenants/provisioning';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface ApiKeyRow {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  project_id: string | null;
  service_tier: ServiceTier | null;
  monthly_cap_micro: string | null;
  creates_per_minute: number | null;
  max_concurrent: number | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  replaces_key_id: string | null;
}

/** A row, and the key itself: it is shown once and never kept. */
export type NewKey = ApiKeyRow & { secret: string };

const COLUMNS = `id, name, prefix, scopes, project_id, service_tier, monthly_cap_micro, creates_per_minute, max_concurrent, created_at, expires_at, revoked_at,
  last_used_at, replaces_key_id`;

/** API keys: who makes one can hand on only what they hold. */
@Injectable()
export class KeysService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  async create(caller: Caller, tenant: string | undefined, wanted: CreateKey): Promise<NewKey | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<NewKey | NamedRefusal> => {
      const scopes = wanted.role ? SCOPES_OF_ROLE[wanted.role] : (wanted.scopes ?? []);
      const refusal = refusedScopes(caller, tenantId, scopes) ?? (await refusedProject(tx, caller, tenantId, wanted.projectId));
      if (refusal) return refusal;
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL',
        [tenantId],
      );
      if (count >= MAX_KEYS) return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_KEYS} keys that are not revoked` };
      const id = uuidv7();
      const secret = newSecret();
      await provisionApiKey(tx, {
        tenantId,
        id,
        name: wanted.name,
        secret,
        scopes,
        projectId: wanted.projectId ?? caller.project?.id,
        serviceTier: wanted.serviceTier,
        expiresAt: wanted.expiresAt === undefined ? undefined : new Date(wanted.expiresAt),
        monthlyCapMicro: wanted.monthlyCap === undefined ? undefined : parseCredits(wanted.monthlyCap),
        createsPerMinute: wanted.createsPerMinute,
        maxConcurrent: wanted.maxConcurrent,
        madeBy: caller.person,
      });
      const told = { name: wanted.name, scopes: [...scopes] };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'key.created', targetId: id, data: told }]);
      await recordEvents(tx, [{ tenantId, type: 'key.created', data: { keyId: id, ...told } }]);
      return { ...(await keyRow(tx, tenantId, id)), secret };
    });
  }

  async list(caller: Caller, page: { tenant?: string; limit: number; after?: string }): Promise<ApiKeyRow[] | NamedRefusal> {
    return this.inTenant(caller, page.tenant, (tx, tenantId) =>
      tx.query<ApiKeyRow>(
        `SELECT ${COLUMNS} FROM api_keys
          WHERE tenant_id = $1 AND ($2::uuid IS NULL OR project_id = $2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4`,
        [tenantId, caller.project?.id ?? null, page.after ?? null, page.limit],
      ),
    );
  }

  /** Makes a key that may do the same; the old one ends after the overlap. */
  async rotate(caller: Caller, tenant: string | undefined, id: string, overlapSeconds: number): Promise<NewKey | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId) => {
      const old = await liveKey(tx, caller, tenantId, id);
      if (!old) return NOT_FOUND;
      const refusal = refusedScopes(caller, tenantId, old.scopes);
      if (refusal) return refusal;
      const secret = newSecret();
      const newId = uuidv7();
      await provisionApiKey(tx, {
        tenantId,
        id: newId,
        name: old.name,
        secret,
        scopes: old.scopes,
        projectId: old.project_id ?? undefined,
        serviceTier: old.service_tier ?? undefined,
        expiresAt: old.expires_at ?? undefined,
        monthlyCapMicro: old.monthly_cap_micro === null ? undefined : BigInt(old.monthly_cap_micro),
        createsPerMinute: old.creates_per_minute ?? undefined,
        maxConcurrent: old.max_concurrent ?? undefined,
        replacesKeyId: id,
        madeBy: caller.person,
      });
      const [ended] = await tx.query<{ expires_at: Date }>(
        `UPDATE api_keys SET expires_at = least(expires_at, now() + $3 * interval '1 second') WHERE tenant_id = $1 AND id = $2 RETURNING expires_at`,
        [tenantId, id, overlapSeconds],
      );
      const told = { newKeyId: newId, oldKeyWorksUntil: (ended as { expires_at: Date }).expires_at.toISOString() };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'key.rotated', targetId: id, data: told }]);
      await recordEvents(tx, [{ tenantId, type: 'key.rotated', data: { keyId: id, ...told } }]);
      return { ...(await keyRow(tx, tenantId, newId)), secret };
    });
  }

  async revoke(caller: Caller, tenant: string | undefined, id: string): Promise<'revoked' | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId) => {
      if (!(await liveKey(tx, caller, tenantId, id))) return NOT_FOUND;
      await tx.query('UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'key.revoked', targetId: id }]);
      await recordEvents(tx, [{ tenantId, type: 'key.revoked', data: { keyId: id } }]);
      return 'revoked';
    });
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('keys', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

/** 256 random bits. */
function newSecret(): string {
  return `halogen-${randomBytes(32).toString('base64url')}`;
}

/** An operator equips tenants with keys it could not use itself; the platform's own scopes stay inside the platform's tenant. */
function refusedScopes(caller: Caller, tenantId: string, wanted: readonly string[]): NamedRefusal | undefined {
  const isForPlatform = wanted.some((scope) => scope.startsWith('platform:'));
  const isOperator = caller.scopes.includes('platform:operate');
  if (isForPlatform ? isOperator && tenantId === caller.tenantId : isOperator || mayHandOn(caller.scopes, wanted)) return undefined;
  return { refused: 'not_allowed', detail: 'This API key can hand on only scopes that it has itself' };
}

async function refusedProject(tx: Tx, caller: Caller, tenantId: string, wanted: string | undefined): Promise<NamedRefusal | undefined> {
  if (caller.project && wanted !== undefined && wanted !== caller.project.id) return NOT_FOUND;
  if (wanted === undefined) return undefined;
  const found = await tx.query('SELECT 1 FROM projects WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL', [tenantId, wanted]);
  return found.length > 0 ? undefined : { refused: 'not_found', detail: 'Project not found' };
}

async function liveKey(tx: Tx, caller: Caller, tenantId: string, id: string): Promise<ApiKeyRow | undefined> {
  const [row] = await tx.query<ApiKeyRow>(
    `SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL AND ($3::uuid IS NULL OR project_id = $3)`,
    [tenantId, id, caller.project?.id ?? null],
  );
  return row;
}

async function keyRow(tx: Tx, tenantId: string, id: string): Promise<ApiKeyRow> {
  const [row] = await tx.query<ApiKeyRow>(`SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
  if (!row) throw new Error(`key ${id} is gone`);
  return row;
}
