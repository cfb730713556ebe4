import { Injectable } from '@nestjs/common';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import type { ConnectionUrls } from '#features/sign-in/saml-sign-in.service';

/** The URLs that each connection has for itself. */
@Injectable()
export class UrlsOfConnections {
  constructor(private readonly cookie: SessionCookie) {}

  oidc(id: string): string {
    return `${this.base(id)}/callback`;
  }

  saml(id: string): ConnectionUrls {
    return { assertionUrl: `${this.base(id)}/saml`, entityId: `${this.base(id)}/metadata` };
  }

  arrival(id: string, code: string): string {
    return `${this.base(id)}/arrival?${new URLSearchParams({ code })}`;
  }

  private base(id: string): string {
    return `${this.cookie.publicOrigin}/api/v1/sign-in/connections/${id}`;
  }
}
