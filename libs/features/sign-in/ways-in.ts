import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { MemberRole } from '#core/access/scopes';
import { MembersService } from '#features/tenants/members.service';
import type { Tx } from '#platform/database/tx';

/** What a proof at a tenant opens for a person: the tenant, or the brands in which alone its directory has them. */
export interface WaysIn {
  personId: string;
  members: readonly [Membership, ...Membership[]];
}

interface Membership {
  tenantId: string;
  memberId: string;
}

interface DirectoryWord {
  /** Whether an identity provider keeps the directory now. */
  isKept: boolean;
  /** Null for somebody whom the directory does not know. */
  isActive: boolean | null;
}

/**
 * Where somebody comes in whom the tenant's identity provider has proven: as the member they are, as the directory says, and where nobody
 * keeps one, as a new member. @throws never: who stays out is told why
 */
@Injectable()
export class WaysInto {
  constructor(private readonly members: MembersService) {}

  async of(tx: Tx, tenantId: string, newcomer: { email: string; name: string; role: MemberRole }): Promise<WaysIn | NamedRefusal> {
    const known = await this.members.known(tx, tenantId, newcomer.email);
    if (known) return { personId: known.personId, members: [{ tenantId, memberId: known.memberId }] };
    const [word] = await tx.query<DirectoryWord>(
      `SELECT EXISTS (SELECT 1 FROM directory_tokens
                       WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS "isKept",
              (SELECT bool_or(active) FROM directory_users WHERE tenant_id = $1 AND email = $2) AS "isActive"`,
      [tenantId, newcomer.email],
    );
    if (word?.isActive) return this.inBrands(tx, tenantId, newcomer.email);
    if (word?.isActive === false) return stayingOut('directory_ended', 'Your organization’s directory has ended your access here');
    if (word?.isKept)
      return stayingOut('not_in_directory', 'Your organization’s directory does not have you here: ask your IT to assign you');
    const joined = await this.members.joined(tx, tenantId, newcomer);
    return 'refused' in joined ? joined : { personId: joined.personId, members: [{ tenantId, memberId: joined.memberId }] };
  }

  private async inBrands(tx: Tx, tenantId: string, email: string): Promise<WaysIn | NamedRefusal> {
    const ways = await tx.query<{ tenant_id: string; member_id: string; person_id: string }>('SELECT * FROM directory_ways($1, $2)', [
      tenantId,
      email,
    ]);
    const [first, ...others] = ways.map((way) => ({ tenantId: way.tenant_id, memberId: way.member_id }));
    if (!first || !ways[0]) return stayingOut('no_role', 'No group of yours has a role here: ask your IT to assign you');
    return { personId: ways[0].person_id, members: [first, ...others] };
  }
}

function stayingOut(rule: string, detail: string): NamedRefusal {
  return { refused: 'sign_in_refused', detail, facts: { rule } };
}
