import { Injectable } from '@nestjs/common';
import type { Me } from '#contracts/native/sign-in';
import { actionsOf, endsAt, type OpenedTenant, type Session } from '#core/access/session';
import { csrfTokenOf, SessionsService } from '#features/sign-in/sessions.service';

/** What a page needs to know of whoever is signed in. */
@Injectable()
export class MeView {
  constructor(private readonly sessions: SessionsService) {}

  async of(token: string, session: Session): Promise<Me> {
    return {
      person: { id: session.personId, email: session.email, name: session.tenants[0].name },
      isStaff: session.isStaff,
      csrfToken: csrfTokenOf(token),
      session: { id: session.id, openedAt: session.openedAt.toISOString(), endsAt: endsAt(session).toISOString() },
      tenants: await Promise.all(session.tenants.map((tenant) => this.tenant(tenant))),
    };
  }

  private async tenant(opened: OpenedTenant): Promise<Me['tenants'][number]> {
    return {
      id: opened.tenantId,
      name: opened.tenantName,
      parentTenantId: opened.parentTenantId,
      memberId: opened.memberId,
      role: opened.role,
      actions: [...actionsOf(opened.role)],
      signedInBy: opened.method,
      verifiedAt: opened.verifiedAt.toISOString(),
      brands: await this.sessions.brandsOf(opened.tenantId),
    };
  }
}
