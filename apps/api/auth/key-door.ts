import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refused } from '#apps/api/errors/refused';
import type { Caller } from '#core/access/caller';
import { ApiKeysService } from '#features/tenants/api-keys.service';

const BEARER = /^Bearer +([^\s]{1,512}) *$/i;

const REFUSALS = {
  unknown_key: 'Invalid API key',
  revoked_key: 'API key has been revoked',
  expired_key: 'API key has expired',
} as const;

/** Lets programs in by their API key. Reads it from the Authorization header only: a key in a URL or a body would end up in logs. */
@Injectable()
export class KeyDoor {
  constructor(private readonly apiKeys: ApiKeysService) {}

  /** @throws Refused without a key that may call now */
  async callerOf({ headers }: FastifyRequest): Promise<Caller> {
    const key = BEARER.exec(headers.authorization ?? '')?.[1];
    if (!key) throw new Refused('not_authenticated', 'Not authenticated: send the header "Authorization: Bearer <API key>"');
    const found = await this.apiKeys.authenticate(key);
    if ('refused' in found) throw new Refused('not_authenticated', REFUSALS[found.refused]);
    return found;
  }
}
