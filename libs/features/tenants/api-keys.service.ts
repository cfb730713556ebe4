import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { admitCaller, type Caller, type KeyFacts, type KeyRefusal } from '#core/access/caller';
import { HotPool } from '#platform/database/hot-pool';

/** How long a key may go on working after its revocation. */
const CACHE_MS = 5_000;
const MAX_CACHED_KEYS = 10_000;

/** Finds who a key belongs to. The key itself is neither kept nor logged: its hash is looked up through a function of the database. */
@Injectable()
export class ApiKeysService {
  private readonly cached = new Map<string, { facts: Promise<KeyFacts | undefined>; until: number }>();

  constructor(private readonly db: HotPool) {}

  async authenticate(secret: string): Promise<Caller | KeyRefusal> {
    const sha256 = createHash('sha256').update(secret).digest('hex');
    const now = Date.now();
    let entry = this.cached.get(sha256);
    if (!entry || entry.until <= now) {
      entry = { facts: this.find(sha256), until: now + CACHE_MS };
      // A failed look-up is not remembered: the next call tries again.
      entry.facts.catch(() => this.cached.delete(sha256));
      this.remember(sha256, entry);
    }
    return admitCaller(await entry.facts, new Date());
  }

  private remember(sha256: string, entry: { facts: Promise<KeyFacts | undefined>; until: number }): void {
    this.cached.delete(sha256);
    this.cached.set(sha256, entry);
    if (this.cached.size > MAX_CACHED_KEYS) this.cached.delete(this.cached.keys().next().value as string);
  }

  private async find(sha256: string): Promise<KeyFacts | undefined> {
    const [row] = await this.db.query<{
      tenant_id: string;
      id: string;
      scopes: string[];
      expires_at: Date | null;
      revoked_at: Date | null;
    }>(`SELECT * FROM api_key_of(decode($1, 'hex'))`, [sha256]);
    return row && { tenantId: row.tenant_id, apiKeyId: row.id, scopes: row.scopes, expiresAt: row.expires_at, revokedAt: row.revoked_at };
  }
}
