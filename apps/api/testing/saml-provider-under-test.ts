import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestIn, samlAnswer } from '#apps/api/testing/saml-answers';
import type { SelfSigned } from '#testing/self-signed';

/** An identity provider by SAML that browsers can go to: it takes everybody for the person that the test names. */
export class SamlProviderUnderTest {
  /** Who signs in next. */
  email = 'somebody@example.com';

  private constructor(
    readonly origin: string,
    private readonly server: Server,
  ) {}

  static async start(signer: SelfSigned): Promise<SamlProviderUnderTest> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new SamlProviderUnderTest(origin, server);
    server.on('request', ({ url = '/' }, response) => {
      const request = requestIn(origin + url);
      const xml = samlAnswer(provider.issuer, signer, request, { email: provider.email });
      const fields = { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: request.relayState };
      const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
      response.setHeader('content-type', 'text/html');
      response.end(
        `<form method="post" action="${request.assertionUrl}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`,
      );
    });
    return provider;
  }

  get issuer(): string {
    return `${this.origin}/metadata`;
  }

  get ssoUrl(): string {
    return `${this.origin}/sso`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
