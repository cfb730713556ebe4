import { Injectable } from '@nestjs/common';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { SCIM_PREFIX } from '#contracts/scim';
import type { KnownToken } from '#features/directory/directory-tokens.service';
import type { DirectoryCaller } from '#features/directory/directory-work';

/** Where the directory is from outside. */
@Injectable()
export class ScimUrls {
  constructor(private readonly cookie: SessionCookie) {}

  base(): string {
    return `${this.cookie.publicOrigin}${SCIM_PREFIX}`;
  }

  callerOf({ tenantId, tokenId }: KnownToken): DirectoryCaller {
    return { tenantId, tokenId, baseUrl: this.base() };
  }
}
