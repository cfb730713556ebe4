import { Module } from '@nestjs/common';
import { Arrivals } from '#features/sign-in/arrivals';
import { ConnectionTests } from '#features/sign-in/connection-tests.service';
import { ConnectionsService } from '#features/sign-in/connections.service';
import { DomainsService } from '#features/sign-in/domains.service';
import { KnownConnections } from '#features/sign-in/known-connections.service';
import { OidcCalls } from '#features/sign-in/oidc-calls';
import { OidcSignIn } from '#features/sign-in/oidc-sign-in.service';
import { PasswordSignIn } from '#features/sign-in/password-sign-in.service';
import { GivenSamlProvider } from '#features/sign-in/saml/given-provider';
import { SamlSignIn } from '#features/sign-in/saml-sign-in.service';
import { SessionsService } from '#features/sign-in/sessions.service';
import { SetupLinks } from '#features/sign-in/setup-links.service';
import { WaysInto } from '#features/sign-in/ways-in';
import { TenantsModule } from '#features/tenants/tenants.module';

const SERVICES = [
  SessionsService,
  PasswordSignIn,
  ConnectionsService,
  GivenSamlProvider,
  ConnectionTests,
  DomainsService,
  KnownConnections,
  WaysInto,
  Arrivals,
  OidcCalls,
  OidcSignIn,
  SamlSignIn,
  SetupLinks,
];

/** How people come in, and their sessions. Expects HotPool of `halogen_api`, OutboundClient, TxtRecords and EncryptionKeys from its app. */
@Module({ imports: [TenantsModule], providers: SERVICES, exports: SERVICES })
export class SignInModule {}
