import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { refuseForeignWrite } from '#apps/api/auth/session-door';
import { Refused } from '#apps/api/errors/refused';
import type { Caller } from '#core/access/caller';
import type { Scope } from '#core/access/scopes';
import type { SetupPurpose } from '#core/access/setup-link';
import { type SetupAccess, SetupLinks } from '#features/sign-in/setup-links.service';

/** A request that was let in by what a set-up link opened. */
interface SettingUp {
  token: string;
  access: SetupAccess;
}

/** Lets a customer's IT in by the cookie that their set-up link got them, to routes whose contract names its purpose. */
@Injectable()
export class SetupDoor {
  private readonly entered = new WeakMap<FastifyRequest, SettingUp>();

  constructor(
    private readonly links: SetupLinks,
    private readonly cookie: SessionCookie,
  ) {}

  /** The page says so itself: the same browser may have the session of a person too. */
  isTried({ headers }: FastifyRequest): boolean {
    return headers['x-halogen-setup'] !== undefined;
  }

  /** @throws Refused without a living set-up for this purpose, or for a write that does not come from our pages */
  async enter(request: FastifyRequest, purpose: SetupPurpose): Promise<SettingUp> {
    const known = this.entered.get(request);
    if (known) return known;
    const token = this.cookie.setupIn(request.headers.cookie);
    const access = token === undefined ? undefined : await this.links.find(token);
    if (!token || access?.purpose !== purpose) {
      throw new Refused('not_authenticated', 'This set-up has ended, or was not begun in this browser: ask for a new link');
    }
    refuseForeignWrite(request, token);
    const settingUp = { token, access };
    this.entered.set(request, settingUp);
    return settingUp;
  }

  /** Whoever has the link, as a caller who may do this one thing. */
  async callerOf(request: FastifyRequest, purpose: SetupPurpose, scope: Scope): Promise<Caller> {
    const { tenantId, linkId } = (await this.enter(request, purpose)).access;
    return { tenantId, apiKeyId: linkId, setupLinkId: linkId, scopes: [scope], limitPlan: 'none' };
  }
}
