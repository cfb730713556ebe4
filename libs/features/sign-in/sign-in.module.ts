import { Module } from '@nestjs/common';
import { ConnectionsService } from '#features/sign-in/connections.service';
import { DomainsService } from '#features/sign-in/domains.service';
import { OidcSignIn } from '#features/sign-in/oidc-sign-in.service';
import { PasswordSignIn } from '#features/sign-in/password-sign-in.service';
import { SessionsService } from '#features/sign-in/sessions.service';
import { TenantsModule } from '#features/tenants/tenants.module';

const SERVICES = [SessionsService, PasswordSignIn, ConnectionsService, DomainsService, OidcSignIn];

/** How people come in, and their sessions. Expects HotPool of `halogen_api`, OutboundClient and TxtRecords from its app. */
@Module({ imports: [TenantsModule], providers: SERVICES, exports: SERVICES })
export class SignInModule {}
