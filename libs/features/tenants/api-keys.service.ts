import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { admitCaller, type Caller, type KeyFacts, type KeyRefusal, type ProjectOfKey } from '#core/access/caller';
import type { SpendingCap } from '#core/ledger/spending-cap';
import { readWorkTerms, type WorkTerms } from '#features/tenants/work-terms.service';
import { HotPool } from '#platform/database/hot-pool';

/** How long a key may go on working after its revocation. */
const CACHE_MS = 5_000;
const MAX_CACHED_KEYS = 10_000;
/** A key's last use is written at most this often, and together with other keys' uses. */
const NOTE_USE_EVERY_MS = 60_000;
const GATHER_USES_MS = 1_000;

interface KeyRow {
  tenant_id: string;
  id: string;
  scopes: string[];
  expires_at: Date | null;
  revoked_at: Date | null;
  monthly_cap_micro: string | null;
  creates_per_minute: number | null;
  max_concurrent: number | null;
  project_id: string | null;
  /** Its project's. */
  service_tier: ProjectOfKey['serviceTier'];
  monthly_budget_micro: string | null;
  budget_enforcement: 'refuse' | 'warn' | null;
}

/** Finds who a key belongs to. The key itself is neither kept nor logged: its hash is looked up through a function of the database. */
@Injectable()
export class ApiKeysService {
  private readonly cached = new Map<string, { facts: Promise<KeyFacts | undefined>; until: number }>();

  private readonly notedAt = new Map<string, number>();
  private uses: { tenantId: string; apiKeyId: string; at: Date }[] = [];

  constructor(private readonly db: HotPool) {}

  async authenticate(secret: string): Promise<Caller | KeyRefusal> {
    const sha256 = hash('sha256', secret);
    const now = Date.now();
    let entry = this.cached.get(sha256);
    if (!entry || entry.until <= now) {
      entry = { facts: this.find(sha256), until: now + CACHE_MS };
      // A failed look-up is not remembered: the next call tries again.
      entry.facts.catch(() => this.cached.delete(sha256));
      this.remember(sha256, entry);
    }
    const caller = admitCaller(await entry.facts, new Date());
    if (!('refused' in caller)) this.noteUse(caller, now);
    return caller;
  }

  /** Cheap for whoever calls: nothing waits for it, and a use that is lost is told by the next one. */
  private noteUse({ tenantId, apiKeyId }: Caller, now: number): void {
    if (now - (this.notedAt.get(apiKeyId) ?? 0) < NOTE_USE_EVERY_MS) return;
    this.notedAt.delete(apiKeyId);
    this.notedAt.set(apiKeyId, now);
    if (this.notedAt.size > MAX_CACHED_KEYS) this.notedAt.delete(this.notedAt.keys().next().value as string);
    if (this.uses.length === 0) setTimeout(() => this.writeUses().catch(() => {}), GATHER_USES_MS).unref();
    this.uses.push({ tenantId, apiKeyId, at: new Date(now) });
  }

  private async writeUses(): Promise<void> {
    const uses = this.uses;
    this.uses = [];
    const tenantIds = uses.map(({ tenantId }) => tenantId);
    await this.db.transaction('key uses', tenantIds, (tx) =>
      tx.query(
        `UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, u.at)
           FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS u (tenant_id, id, at)
          WHERE k.tenant_id = u.tenant_id AND k.id = u.id`,
        [tenantIds, uses.map(({ apiKeyId }) => apiKeyId), uses.map(({ at }) => at)],
      ),
    );
  }

  private remember(sha256: string, entry: { facts: Promise<KeyFacts | undefined>; until: number }): void {
    this.cached.delete(sha256);
    this.cached.set(sha256, entry);
    if (this.cached.size > MAX_CACHED_KEYS) this.cached.delete(this.cached.keys().next().value as string);
  }

  private async find(sha256: string): Promise<KeyFacts | undefined> {
    const [row] = await this.db.query<KeyRow>(`SELECT * FROM api_key_of(decode($1, 'hex'))`, [sha256]);
    if (!row) return undefined;
    const defaults = await this.db.transaction('defaults of a key', [row.tenant_id], async (tx): Promise<KeyDefaults> => {
      const [found] = await tx.query(
        `SELECT t.limit_plan AS "limitPlan", coalesce(k.service_tier, $3, t.service_tier) AS "serviceTier"
           FROM tenants t JOIN api_keys k ON k.tenant_id = t.id WHERE t.id = $1 AND k.id = $2`,
        [row.tenant_id, row.id, row.service_tier],
      );
      return { ...(found as Pick<Caller, 'limitPlan' | 'serviceTier'>), ...(await readWorkTerms(tx, row.tenant_id, row.project_id)) };
    });
    return { caller: { ...callerOf(row), ...defaults }, expiresAt: row.expires_at, revokedAt: row.revoked_at };
  }
}

type KeyDefaults = Pick<Caller, 'limitPlan' | 'serviceTier'> & WorkTerms;

function callerOf(row: KeyRow): Omit<Caller, keyof KeyDefaults> {
  const project = row.project_id && {
    id: row.project_id,
    serviceTier: row.service_tier,
  };
  return {
    tenantId: row.tenant_id,
    apiKeyId: row.id,
    scopes: row.scopes,
    project: project || null,
    caps: capsOf(row),
    limits: { createsPerMinute: row.creates_per_minute, maxConcurrent: row.max_concurrent },
  };
}

function capsOf(row: KeyRow): SpendingCap[] {
  const caps: SpendingCap[] = [];
  if (row.project_id && row.monthly_budget_micro !== null) {
    const enforcement = row.budget_enforcement ?? 'refuse';
    caps.push({ kind: 'project', subjectId: row.project_id, limitMicro: BigInt(row.monthly_budget_micro), enforcement });
  }
  if (row.monthly_cap_micro !== null) {
    caps.push({ kind: 'api_key', subjectId: row.id, limitMicro: BigInt(row.monthly_cap_micro), enforcement: 'refuse' });
  }
  return caps;
}
