import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pythonWith } from '#testing/python-venv';
import type { SelfSigned } from '#testing/self-signed';

/** A provider by pysaml2 and xmlsec1, which share no code with what we use. It reads one order from its input and prints what it says. */
const PROVIDER = `
import json, sys
from shutil import which
from saml2 import BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAME_FORMAT_URI, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

order = json.load(sys.stdin)
config = IdPConfig().load({
    'entityid': order['issuer'],
    'service': {'idp': {
        'endpoints': {'single_sign_on_service': [(order['ssoUrl'], BINDING_HTTP_REDIRECT)]},
        'policy': {'default': {'lifetime': {'minutes': 15}, 'attribute_restrictions': None, 'name_form': NAME_FORMAT_URI}},
    }},
    'metadata': {'inline': [order['entityMetadata']]} if order.get('entityMetadata') else {},
    'key_file': order['keyFile'], 'cert_file': order['certificateFile'], 'xmlsec_binary': which('xmlsec1'),
})
if not order.get('entityMetadata'):
    print(create_metadata_string(None, config=config).decode())
    sys.exit()
server = Server(config=config)
if order.get('request'):
    asked = server.response_args(server.parse_authn_request(order['request'], BINDING_HTTP_REDIRECT).message)
else:
    asked = {'in_response_to': None, 'destination': order['assertionUrl'], 'sp_entity_id': order['entityId']}
asked.pop('name_id_policy', None)
asked.pop('binding', None)
print(server.create_authn_response(
    identity={'mail': [order['email']], 'displayName': [order['name']]}, userid=order['email'],
    name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text='person-1'),
    authn={'class_ref': 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', 'authn_auth': order['issuer']},
    sign_assertion=True, sign_response=order['signResponse'], sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, **asked))
`;

/** What the provider shall answer. Without a request it begins by itself. */
interface Order {
  entityMetadata: string;
  email: string;
  name: string;
  signResponse: boolean;
  request?: string;
  assertionUrl?: string;
  entityId?: string;
}

export class Pysaml2Provider {
  static readonly issuer = 'https://idp.pysaml2.example/metadata';

  private constructor(
    private readonly python: string,
    private readonly folder: string,
  ) {}

  static async start({ privateKeyPem, certificatePem }: SelfSigned): Promise<Pysaml2Provider> {
    const python = await pythonWith(['pysaml2==7.5.5']);
    const folder = await mkdtemp(join(tmpdir(), 'halogen-pysaml2-'));
    await writeFile(join(folder, 'key.pem'), privateKeyPem);
    await writeFile(join(folder, 'certificate.pem'), certificatePem);
    return new Pysaml2Provider(python, folder);
  }

  metadata(): Promise<string> {
    return this.run({});
  }

  answer(order: Order): Promise<string> {
    return this.run(order);
  }

  async stop(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async run(order: Partial<Order>): Promise<string> {
    const child = spawn(this.python, ['-c', PROVIDER], { stdio: 'pipe' });
    const whole = {
      ...order,
      issuer: Pysaml2Provider.issuer,
      ssoUrl: 'https://idp.pysaml2.example/sso',
      keyFile: join(this.folder, 'key.pem'),
      certificateFile: join(this.folder, 'certificate.pem'),
    };
    child.stdin.end(JSON.stringify(whole));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [said, complained, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0) throw new Error(`pysaml2 could not answer: ${complained}`);
    return said.trim();
  }
}
