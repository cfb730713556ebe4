import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import { domainOf } from '#core/access/domains';
import type { SignInMethod } from '#core/access/session';
import { recordAudit } from '#features/audit/audit.service';
import type { KnownConnection } from '#features/sign-in/known-connections.service';
import { SessionsService } from '#features/sign-in/sessions.service';
import { WaysInto } from '#features/sign-in/ways-in';
import type { Tx } from '#platform/database/tx';

export const SIGN_IN_REFUSED: NamedRefusal = { refused: 'sign_in_refused', detail: 'The sign-in could not be proven: start again' };

const MAX_NAME_CHARACTERS = 120;

/** Where the browser goes on, and its new token; a test opens no session. */
export interface SignedInTo {
  token?: string;
  returnTo: string;
}

/** Somebody whom a connection's identity provider has named. */
export interface Arrival {
  email: string;
  name: string;
  method: SignInMethod;
  returnTo: string;
  /** Token that the browser came with. */
  replaces: string | undefined;
}

/** What comes after the proof, however it was given: a provider speaks only for the proven domains of its own tenant. */
@Injectable()
export class Arrivals {
  constructor(
    private readonly ways: WaysInto,
    private readonly sessions: SessionsService,
  ) {}

  async letIn(
    tx: Tx,
    { tenantId, id, defaultRole: role }: KnownConnection,
    { email, name: named, method, returnTo, replaces }: Arrival,
  ): Promise<SignedInTo | NamedRefusal> {
    const name = named.slice(0, MAX_NAME_CHARACTERS);
    const [way] = await tx.query<{ enforcedId: string | null }>(
      `SELECT (SELECT c.id FROM sign_in_connections c
                WHERE c.tenant_id = d.tenant_id AND c.removed_at IS NULL AND c.state = 'enforced'
                  AND (d.connection_id IS NULL OR d.connection_id = c.id) ORDER BY c.id LIMIT 1) AS "enforcedId"
         FROM sign_in_domains d WHERE d.tenant_id = $1 AND d.domain = $2 AND d.verified_at IS NOT NULL`,
      [tenantId, domainOf(email)],
    );
    if (!way) return { ...SIGN_IN_REFUSED, detail: 'The identity provider may not speak for this e-mail domain' };
    if (way.enforcedId !== null && way.enforcedId !== id) {
      return {
        ...SIGN_IN_REFUSED,
        detail: 'People of this e-mail domain sign in by another identity provider',
        facts: { rule: 'enforced_elsewhere' },
      };
    }
    const ways = await this.ways.of(tx, tenantId, { email, name, role });
    if ('refused' in ways) return ways;
    const { personId, members } = ways;
    const [{ memberId, tenantId: memberOf }] = members;
    const actor = { kind: 'person', id: memberId, tenantId: memberOf } as const;
    await recordAudit(tx, [{ tenantId, actor, action: 'sign_in.opened', targetId: memberId, data: { connectionId: id } }]);
    const token = await this.sessions.open(tx, { personId, isStaff: false, members, method, connectionId: id, replaces });
    return { token, returnTo };
  }
}
