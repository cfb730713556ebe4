import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { refuseForeignWrite } from '#apps/api/auth/session-door';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { type Guest, GuestsService } from '#features/review/guests.service';

/** Lets guests in by the cookie that a share link got them, to the routes that are made for guests. */
@Injectable()
export class GuestDoor {
  private readonly entered = new WeakMap<FastifyRequest, Guest>();

  constructor(
    private readonly guests: GuestsService,
    private readonly cookie: SessionCookie,
  ) {}

  /** @throws Refused without a link that lives, for one who asks too often, or for a write that does not come from our pages */
  async admit(request: FastifyRequest): Promise<true> {
    const token = this.cookie.guestIn(request.headers.cookie);
    const guest = token === undefined ? undefined : await this.guests.find(token);
    if (!guest) throw new Refused('not_authenticated', 'This link has ended, or was not opened in this browser: ask for a new one');
    refuseForeignWrite(request, guest.token);
    accepted((await this.guests.heldBack(guest, 'call')) ?? 'may go on');
    this.entered.set(request, guest);
    return true;
  }

  /** Of a request that was admitted. */
  guestOf(request: FastifyRequest): Guest {
    const guest = this.entered.get(request);
    if (!guest) throw new Error('no guest was admitted: the contract of this route names none');
    return guest;
  }

  /** Whether a request comes with nothing but a guest's cookie. */
  isOnlyGuest({ headers }: FastifyRequest): boolean {
    const { authorization, cookie } = headers;
    return authorization === undefined && this.cookie.tokenIn(cookie) === undefined && this.cookie.guestIn(cookie) !== undefined;
  }
}
