import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { isProven, MAX_DOMAINS, proofRecord } from '#core/access/domains';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { TxtRecords } from '#platform/http/outbound/txt-records';

export interface DomainRow {
  domain: string;
  challenge: string;
  created_at: Date;
  verified_at: Date | null;
  connection_id: string | null;
}

const COLUMNS = 'domain, challenge, created_at, verified_at, connection_id';

/**
 * E-mail domains that a tenant says are its own. Anybody may claim one; it counts only once its DNS says so, and then for one tenant alone.
 */
@Injectable()
export class DomainsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
    private readonly records: TxtRecords,
  ) {}

  /** Claiming again gives the same challenge: the record that somebody has entered meanwhile stays good. */
  async claim(caller: Caller, tenant: string | undefined, domain: string): Promise<DomainRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<DomainRow | NamedRefusal> => {
      await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE', [tenantId]); // counted and added by one at a time
      const claimed = await this.all(tx, tenantId);
      const known = claimed.find((row) => row.domain === domain);
      if (known) return known;
      if (claimed.length >= MAX_DOMAINS) return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_DOMAINS} domains` };
      const [made] = await tx.query<DomainRow>(
        `INSERT INTO sign_in_domains (tenant_id, domain, challenge) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
        [tenantId, domain, randomBytes(24).toString('base64url')],
      );
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.domain_claimed', targetId: domain }]);
      return made as DomainRow;
    });
  }

  async list(caller: Caller, tenant: string | undefined): Promise<DomainRow[] | NamedRefusal> {
    return this.inTenant(caller, tenant, (tx, tenantId) => this.all(tx, tenantId));
  }

  async verify(caller: Caller, tenant: string | undefined, domain: string): Promise<DomainRow | NamedRefusal> {
    const row = await this.inTenant(caller, tenant, async (tx, tenantId): Promise<DomainRow | NamedRefusal> => {
      return (await this.all(tx, tenantId)).find((one) => one.domain === domain) ?? NOT_FOUND;
    });
    if ('refused' in row) return row;
    const { name, value } = proofRecord(domain, row.challenge);
    const seen = await this.records.witnesses(name, value); // outside any transaction: resolvers may take seconds
    if (!isProven(seen)) return notProven(name, value, seen);
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<DomainRow | NamedRefusal> => {
      const [proven] = await tx.query<DomainRow>(
        `UPDATE sign_in_domains SET verified_at = now()
          WHERE tenant_id = $1 AND domain = $2 AND challenge = $3 AND NOT domain_is_taken($2, $1) RETURNING ${COLUMNS}`,
        [tenantId, domain, row.challenge],
      );
      if (!proven) return TAKEN;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.domain_proven', targetId: domain }]);
      return proven;
    });
  }

  /** @param connectionId null: an enforced connection, else the oldest */
  async assign(caller: Caller, tenant: string | undefined, domain: string, connectionId: string | null): Promise<DomainRow | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<DomainRow | NamedRefusal> => {
      const known = await tx.query('SELECT 1 FROM sign_in_connections WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL', [
        tenantId,
        connectionId,
      ]);
      if (connectionId !== null && known.length === 0) return NOT_FOUND;
      const [assigned] = await tx.query<DomainRow>(
        `UPDATE sign_in_domains SET connection_id = $3 WHERE tenant_id = $1 AND domain = $2 RETURNING ${COLUMNS}`,
        [tenantId, domain, connectionId],
      );
      if (!assigned) return NOT_FOUND;
      const data = { connectionId };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.domain_assigned', targetId: domain, data }]);
      return assigned;
    });
  }

  async release(caller: Caller, tenant: string | undefined, domain: string): Promise<'released' | NamedRefusal> {
    return this.inTenant(caller, tenant, async (tx, tenantId): Promise<'released' | NamedRefusal> => {
      const released = await tx.query('DELETE FROM sign_in_domains WHERE tenant_id = $1 AND domain = $2 RETURNING 1', [tenantId, domain]);
      if (released.length === 0) return NOT_FOUND;
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'sign_in.domain_released', targetId: domain }]);
      return 'released';
    });
  }

  private all(tx: Tx, tenantId: string): Promise<DomainRow[]> {
    return tx.query<DomainRow>(`SELECT ${COLUMNS} FROM sign_in_domains WHERE tenant_id = $1 ORDER BY domain`, [tenantId]);
  }

  private async inTenant<T>(caller: Caller, tenant: string | undefined, work: (tx: Tx, tenantId: string) => Promise<T>) {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('sign-in domains', [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }
}

const TAKEN: NamedRefusal = {
  refused: 'already_exists',
  detail: 'Another organization has proven this domain: it has to give it up first, or ask the platform’s support',
};

function notProven(name: string, value: string, { answered, agreed }: { answered: number; agreed: number }): NamedRefusal {
  const seen = answered === 0 ? 'no resolver answered' : `${agreed} of ${answered} resolvers have it`;
  return {
    refused: 'not_possible',
    detail: `There must be a TXT record ${name} with the value ${value}: ${seen}. New records may take an hour.`,
  };
}
