import { Module } from '@nestjs/common';
import { PasswordSignIn } from '#features/sign-in/password-sign-in.service';
import { SessionsService } from '#features/sign-in/sessions.service';

const SERVICES = [SessionsService, PasswordSignIn];

/** How people come in, and their sessions. Expects HotPool of `halogen_api` from its app. */
@Module({ providers: SERVICES, exports: SERVICES })
export class SignInModule {}
