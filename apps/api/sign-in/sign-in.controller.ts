import { Body, Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { refuseForeignSite, SessionDoor } from '#apps/api/auth/session-door';
import { accepted } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { MeView } from '#apps/api/sign-in/me-view';
import {
  getMe,
  type Me,
  type PasswordSignIn as PasswordGiven,
  type SetPassword,
  setMyPassword,
  signInAsStaff,
  signInWithPassword,
  signOut,
} from '#contracts/native/sign-in';
import { PasswordSignIn } from '#features/sign-in/password-sign-in.service';
import { SessionsService } from '#features/sign-in/sessions.service';

@Controller()
export class SignInController {
  constructor(
    private readonly passwords: PasswordSignIn,
    private readonly sessions: SessionsService,
    private readonly door: SessionDoor,
    private readonly cookie: SessionCookie,
    private readonly me: MeView,
  ) {}

  @Operation(signInWithPassword)
  async asOwner(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body(valid(signInWithPassword.body)) given: PasswordGiven,
  ) {
    refuseForeignSite(request);
    const { token } = accepted(await this.passwords.asOwner({ ...given, ...this.origin(request) }));
    return this.signedIn(reply, token);
  }

  @Operation(signInAsStaff)
  async asStaff(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body(valid(signInAsStaff.body)) given: PasswordGiven,
  ) {
    refuseForeignSite(request);
    const { token } = accepted(await this.passwords.asStaff({ ...given, ...this.origin(request) }));
    return this.signedIn(reply, token);
  }

  @Operation(getMe)
  async who(@Req() request: FastifyRequest): Promise<Me> {
    const { token, session } = await this.door.enter(request);
    return this.me.of(token, session);
  }

  @Operation(setMyPassword)
  async setPassword(@Req() request: FastifyRequest, @Body(valid(setMyPassword.body)) { password }: SetPassword): Promise<void> {
    accepted(await this.passwords.set(await this.door.callerOf(request), password));
  }

  @Operation(signOut)
  async out(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const { token } = await this.door.enter(request);
    await this.sessions.end(token);
    reply.header('set-cookie', this.cookie.forget());
  }

  private origin({ ip, headers }: FastifyRequest) {
    return { address: ip, replaces: this.cookie.tokenIn(headers.cookie) };
  }

  private async signedIn(reply: FastifyReply, token: string): Promise<Me> {
    const session = await this.sessions.find(token);
    if (!session) throw new Refused('not_authenticated', 'The session has ended already');
    reply.header('set-cookie', this.cookie.keep(token)).header('cache-control', 'no-store');
    return this.me.of(token, session);
  }
}
