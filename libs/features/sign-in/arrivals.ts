import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import { domainOf } from '#core/access/domains';
import type { SignInMethod } from '#core/access/session';
import { recordAudit } from '#features/audit/audit.service';
import type { KnownConnection } from '#features/sign-in/known-connections.service';
import { SessionsService } from '#features/sign-in/sessions.service';
import { MembersService } from '#features/tenants/members.service';
import type { Tx } from '#platform/database/tx';

export const SIGN_IN_REFUSED: NamedRefusal = { refused: 'sign_in_refused', detail: 'The sign-in could not be proven: start again' };

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
    private readonly members: MembersService,
    private readonly sessions: SessionsService,
  ) {}

  async letIn(
    tx: Tx,
    { tenantId, id, defaultRole: role }: KnownConnection,
    { email, name, method, returnTo, replaces }: Arrival,
  ): Promise<{ token: string; returnTo: string } | NamedRefusal> {
    const proven = await tx.query('SELECT 1 FROM sign_in_domains WHERE tenant_id = $1 AND domain = $2 AND verified_at IS NOT NULL', [
      tenantId,
      domainOf(email),
    ]);
    if (proven.length === 0) return { ...SIGN_IN_REFUSED, detail: 'The identity provider may not speak for this e-mail domain' };
    const member = await this.members.joined(tx, tenantId, { email, name, role });
    if ('refused' in member) return member;
    const { memberId, personId } = member;
    const actor = { kind: 'person', id: memberId, tenantId } as const;
    await recordAudit(tx, [{ tenantId, actor, action: 'sign_in.opened', targetId: memberId, data: { connectionId: id } }]);
    const token = await this.sessions.open(tx, { personId, isStaff: false, members: [{ tenantId, memberId }], method, replaces });
    return { token, returnTo };
  }
}
