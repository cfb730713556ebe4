import { Injectable } from '@nestjs/common';
import { UrlsOfConnections } from '#apps/api/sign-in/connection-urls';
import type { NamedRefusal } from '#contracts/problems';
import type { KnownConnection } from '#features/sign-in/known-connections.service';
import { OidcSignIn } from '#features/sign-in/oidc-sign-in.service';
import type { Errand } from '#features/sign-in/pending';
import { SamlSignIn } from '#features/sign-in/saml-sign-in.service';

/** Sends browsers to identity providers, by whichever protocol a connection has. */
@Injectable()
export class ProviderSignIns {
  constructor(
    private readonly oidc: OidcSignIn,
    private readonly saml: SamlSignIn,
    private readonly urls: UrlsOfConnections,
  ) {}

  async start(connection: KnownConnection, errand: Errand & { email?: string }): Promise<{ url: string; browser: string } | NamedRefusal> {
    const { id } = connection;
    if (connection.kind === 'saml') return this.saml.start(connection, errand, this.urls.saml(id));
    return this.oidc.start(connection, { ...errand, callbackUrl: this.urls.oidc(id) });
  }
}
