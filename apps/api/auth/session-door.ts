import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import type { Caller } from '#core/access/caller';
import type { Session } from '#core/access/session';
import { isCsrfTokenOf, SessionsService } from '#features/sign-in/sessions.service';

const READING = new Set(['GET', 'HEAD']);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A request that was let in by its session. */
export interface SignedIn {
  token: string;
  session: Session;
}

/** Lets people in by the cookie of their session, and refuses what other sites make their browser send. */
@Injectable()
export class SessionDoor {
  private readonly entered = new WeakMap<FastifyRequest, SignedIn>();

  constructor(
    private readonly sessions: SessionsService,
    private readonly cookie: SessionCookie,
  ) {}

  /** Whether a request comes with a session. A key says more plainly who calls, so it goes first. */
  isTried({ headers }: FastifyRequest): boolean {
    return headers.authorization === undefined && this.cookie.tokenIn(headers.cookie) !== undefined;
  }

  /** @throws Refused without a living session, or for a write that does not come from our pages */
  async enter(request: FastifyRequest): Promise<SignedIn> {
    const known = this.entered.get(request);
    if (known) return known;
    const token = this.cookie.tokenIn(request.headers.cookie);
    const session = token === undefined ? undefined : await this.sessions.find(token);
    if (!token || !session) throw new Refused('not_authenticated', 'Not signed in, or the session has ended');
    refuseForeignWrite(request, token);
    const signedIn = { token, session };
    this.entered.set(request, signedIn);
    return signedIn;
  }

  /** Whether the person would be let in now, asked for a request that goes on. It is no use of the session. @throws Refused */
  async callerAgain(request: FastifyRequest): Promise<Caller> {
    const { token } = await this.enter(request);
    const session = await this.sessions.find(token, { isUse: false });
    if (!session) throw new Refused('not_authenticated', 'The session has ended');
    return accepted(await this.sessions.callerIn(session, wantedTenant(request, session)));
  }

  /** The person as a caller in the tenant that the request names. @throws Refused */
  async callerOf(request: FastifyRequest): Promise<Caller> {
    const { session } = await this.enter(request);
    return accepted(await this.sessions.callerIn(session, wantedTenant(request, session)));
  }
}

/** @throws Refused unless the browser says that one of our pages sends it, or nothing at all: then it is no browser */
export function refuseForeignSite({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'same-site') {
    throw new Refused('csrf_refused', 'This was sent from another site');
  }
}

/** @throws Refused for a write without the proof that one of our pages sends it: it knows what only the token's owner can be told */
export function refuseForeignWrite(request: FastifyRequest, token: string): void {
  if (READING.has(request.method)) return;
  refuseForeignSite(request);
  const given = request.headers['x-halogen-csrf'];
  if (typeof given !== 'string' || !isCsrfTokenOf(token, given)) {
    throw new Refused('csrf_refused', 'Send the csrfToken of GET /api/v1/me as the header x-halogen-csrf');
  }
}

/** By header; links, which cannot send one, name a tenant of the session by `?tenant=`. */
function wantedTenant({ headers, query }: FastifyRequest, { tenants }: Session): string | undefined {
  const named = headers['x-halogen-tenant'];
  if (named !== undefined) {
    if (typeof named !== 'string' || !UUID.test(named)) throw new Refused('not_found', 'Not found');
    return named.toLowerCase();
  }
  const linked = (query as { tenant?: unknown }).tenant;
  return tenants.find(({ tenantId }) => tenantId === linked)?.tenantId;
}
