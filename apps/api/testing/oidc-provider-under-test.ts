import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** Whoever stands before the provider, and what it says of them. */
export interface Claims {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

/** `oidc-provider` on this machine: it takes everybody for the person that the test names, and asks for no consent. */
export class OidcProviderUnderTest {
  static readonly clientId = 'halogen';
  static readonly clientSecret = 'a secret of the tests';

  /** Who signs in next. */
  person: Claims = { sub: 'somebody' };

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<OidcProviderUnderTest> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new OidcProviderUnderTest(issuer, server);
  }

  /** Serves from now on, for a client with these redirect URIs. */
  serve(redirectUris: string[]): void {
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: OidcProviderUnderTest.clientId,
          client_secret: OidcProviderUnderTest.clientSecret,
          token_endpoint_auth_method: 'client_secret_post',
          redirect_uris: redirectUris,
        },
      ],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['tests only'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_context, accountId) => ({ accountId, claims: async () => ({ ...this.person }) }),
      interactions: { url: (_context, { uid }) => `/as/${uid}` },
      async loadExistingGrant({ oidc: { provider: of, client, session } }) {
        const grant = new of.Grant({ clientId: client?.clientId, accountId: session?.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    this.server.on('request', (request, response) => {
      if (!request.url?.startsWith('/as/')) return void answer(request, response);
      void provider.interactionFinished(request, response, { login: { accountId: this.person.sub } });
    });
  }

  /** Walks a browser through the provider, as far as the URL that it leads back to. */
  async walk(url: string, backTo: string): Promise<string> {
    const cookies = new Map<string, string>();
    let next = url;
    for (let hops = 0; hops < 10; hops += 1) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
      for (const one of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
        if (name) cookies.set(name, value ?? '');
      }
      const location = answer.headers.get('location');
      if (!location) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
      next = new URL(location, next).href;
      if (next.startsWith(backTo)) return next;
    }
    throw new Error('the provider leads nowhere');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
