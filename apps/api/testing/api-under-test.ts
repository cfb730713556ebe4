import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ApiModule } from '#apps/api/api.module';
import { useBodyParsers } from '#apps/api/body-parsers';
import { refuseOtherMethods } from '#apps/api/errors/other-methods';
import { refuseUnkeepablePaths } from '#apps/api/errors/unkeepable-paths';
import { openApiDocument } from '#apps/api/openapi';
import type { Role } from '#core/access/scopes';
import { csrfTokenOf, SessionsService } from '#features/sign-in/sessions.service';
import { provisionApiKey } from '#features/tenants/provisioning';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys, newEncryptionKey } from '#platform/encryption/encryption-keys';
import { type TestDatabase, testDatabase } from '#testing/test-database';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the test says what it expects of it
  body: any;
  text: string;
  headers: Record<string, unknown>;
  /** What the browser keeps: of a session, its token. */
  cookie?: string;
}

/** A person's session, as their browser sends it. */
export interface SignedIn {
  token: string;
  /** Named in x-halogen-tenant. */
  tenant?: string;
}

/** The whole API in this process, on a database of its own. */
export class ApiUnderTest {
  private constructor(
    readonly database: TestDatabase,
    /** Of the control role, to arrange and to look. */
    readonly control: HotPool,
    private readonly app: NestFastifyApplication,
    /** Where its storage keeps objects. */
    readonly folder: string,
  ) {}

  static async start(more: { HALOGEN_OUTBOUND_ALLOW?: string; HALOGEN_OUTBOUND_DNS?: string } = {}): Promise<ApiUnderTest> {
    const database = await testDatabase();
    const folder = await mkdtemp(path.join(tmpdir(), 'halogen-api-'));
    const module = ApiModule.with({
      DATABASE_API_URL: database.apiUrl,
      HALOGEN_HOST: '127.0.0.1',
      HALOGEN_PORT: 0,
      HALOGEN_PUBLIC_ORIGIN: 'http://127.0.0.1',
      HALOGEN_STORAGE_DIR: folder,
      HALOGEN_ASSET_SIGNING_SECRET: randomBytes(32).toString('hex'),
      HALOGEN_ENCRYPTION_KEYS: new EncryptionKeys(newEncryptionKey('test')),
      ...more,
    });
    const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: ['error'] });
    refuseOtherMethods(app);
    refuseUnkeepablePaths(app);
    useBodyParsers(app);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
    return new ApiUnderTest(database, control, app, folder);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.control.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** For what needs a connection of its own. @returns its origin */
  async listen(): Promise<string> {
    await this.app.listen(0, '127.0.0.1');
    return this.app.getUrl();
  }

  document(): OpenAPIObject {
    return openApiDocument(this.app);
  }

  /** Posts a form, as another site's page makes a browser do. */
  async form(url: string, form: URLSearchParams): Promise<Pick<Answer, 'status' | 'headers'>> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' };
    const answer = await this.app.inject({ method: 'POST', url, headers, payload: form.toString() });
    return { status: answer.statusCode, headers: answer.headers };
  }

  /** @param as an API key or a session; null for nobody */
  async call(
    as: string | SignedIn | null,
    method: string,
    url: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await this.app.inject({
      method: method as 'GET',
      url,
      headers: { ...headersOf(as), ...(body !== undefined && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
      payloadAsStream: true,
    });
    const type = String(answer.headers['content-type']);
    if (type.startsWith('text/event-stream')) {
      answer.stream().destroy(); // it never ends: its status is what was asked for
      return { status: answer.statusCode, body: undefined, text: '', headers: answer.headers };
    }
    const text = Buffer.concat(await answer.stream().toArray()).toString('utf8');
    const cookie = answer.headers['set-cookie'];
    return {
      status: answer.statusCode,
      body: type.includes('json') && text ? JSON.parse(text) : undefined,
      text,
      headers: answer.headers,
      ...(typeof cookie === 'string' && { cookie }),
    };
  }

  /** A key of a tenant that has just these scopes. @returns the key itself */
  async aKey(tenantId: string, scopes: readonly string[]): Promise<string> {
    const secret = `test-${randomBytes(32).toString('base64url')}`;
    await this.control.transaction('a key', [], (tx) => provisionApiKey(tx, { tenantId, id: randomUUID(), name: 'A key', secret, scopes }));
    return secret;
  }

  /** A new member of a tenant with this role, or somebody of the platform's staff there, who has just signed in: owners by their password. */
  async aSession(
    tenantId: string,
    role: Role,
    email = `${role}-${randomBytes(4).toString('hex')}@example.com`,
  ): Promise<SignedIn & { memberId: string; email: string }> {
    const isStaff = role === 'operator' || role === 'auditor';
    const [row] = await this.control.query<{ id: string; person_id: string }>(
      `INSERT INTO ${isStaff ? 'staff' : 'members'} (tenant_id, email, name, role) VALUES ($1, $2, 'A person', $3) RETURNING id, person_id`,
      [tenantId, email, role],
    );
    const { id, person_id } = row as { id: string; person_id: string };
    const members = [{ tenantId, memberId: id }];
    const method = isStaff || role === 'owner' ? 'password' : 'oidc';
    const token = await this.app
      .get(HotPool)
      .transaction('a session', [], (tx) => this.app.get(SessionsService).open(tx, { personId: person_id, isStaff, members, method }));
    return { token, memberId: id, email };
  }
}

function headersOf(as: string | SignedIn | null): Record<string, string> {
  if (as === null) return {};
  if (typeof as === 'string') return { authorization: `Bearer ${as}` };
  return {
    cookie: `halogen_session=${as.token}`,
    'x-halogen-csrf': csrfTokenOf(as.token),
    ...(as.tenant && { 'x-halogen-tenant': as.tenant }),
  };
}
