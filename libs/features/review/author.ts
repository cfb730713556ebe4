import type { Caller } from '#core/access/caller';
import type { Tx } from '#platform/database/tx';

/** Who decided or said something, with the name they had then. */
export interface Author {
  kind: 'person' | 'api_key' | 'guest';
  id: string;
  name: string;
  /** Of a guest: the link that let them in, whose comments are all they know of. */
  shareLinkId?: string;
}

/** Tenants whose rows name the caller: a person of an agency is no member of the brand they work on. */
export function tenantsOfAuthor({ tenantId, person }: Caller): string[] {
  return person && person.tenantId !== tenantId ? [tenantId, person.tenantId] : [tenantId];
}

export async function authorOf(tx: Tx, { tenantId, apiKeyId, person }: Caller): Promise<Author> {
  const [named] = person
    ? await tx.query<{ name: string }>('SELECT name FROM members WHERE tenant_id = $1 AND id = $2', [person.tenantId, person.memberId])
    : await tx.query<{ name: string }>('SELECT name FROM api_keys WHERE tenant_id = $1 AND id = $2', [tenantId, apiKeyId]);
  return { kind: person ? 'person' : 'api_key', id: person?.memberId ?? apiKeyId, name: named?.name ?? '' };
}
