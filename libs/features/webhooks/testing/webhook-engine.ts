import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import type { Caller } from '#core/access/caller';
import { recordEvents } from '#features/events/events.service';
import { DeliveryLogService } from '#features/webhooks/delivery-log.service';
import { EndpointsService } from '#features/webhooks/endpoints.service';
import { newSecret } from '#features/webhooks/sign-message';
import { until } from '#features/webhooks/testing/until';
import { startWebhookWorker, URL_SIGNING, type WebhookWorkerOptions } from '#features/webhooks/testing/webhook-worker';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionKeys, newEncryptionKey } from '#platform/encryption/encryption-keys';
import { SignedUrls } from '#platform/storage/signed-urls';
import { aTenant } from '#testing/builders';
import { CallbackReceiver, type ReceivedCall } from '#testing/callback-receiver';
import { PublishedVerifiers } from '#testing/published-verifiers';
import { type TestDatabase, testDatabase } from '#testing/test-database';

export const ENCRYPTION_KEY = newEncryptionKey('test');
/** The whole schedule within a few seconds. */
const TIME_SCALE = 50_000;

interface EndpointOptions {
  projectId?: string;
  eventTypes?: string[];
  headers?: Record<string, string>;
  fifo?: boolean;
  maxPerSecond?: number;
}

interface DeliveryRow {
  id: string;
  event_id: string;
  state: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
}

interface AttemptRow {
  attempt: number;
  status: number | null;
  error: string | null;
  answer_body: string | null;
  next_attempt_at: Date | null;
}

/** Workers, a tenant that tells events, and a receiver whose every call the npm and the PyPI verifier believe. */
export class WebhookEngine {
  receiver!: CallbackReceiver;
  /** Another one for each test. */
  tenantId!: string;
  private readonly workers: INestApplicationContext[] = [];
  /** Path of the receiver → secrets that have signed calls to it. */
  private readonly secretsOf = new Map<string, string[]>();

  private constructor(
    readonly database: TestDatabase,
    readonly owner: HotPool,
    readonly control: HotPool,
    private readonly verifiers: PublishedVerifiers,
    private readonly storageFolder: string,
  ) {}

  static async start(): Promise<WebhookEngine> {
    const verifiers = await PublishedVerifiers.start();
    const database = await testDatabase();
    const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test', maxConnections: 4 });
    const control = new HotPool({ url: database.controlUrl, applicationName: 'test', maxConnections: 4 });
    return new WebhookEngine(database, owner, control, verifiers, await mkdtemp(path.join(tmpdir(), 'halogen-webhooks-')));
  }

  async stop(): Promise<void> {
    await this.verifiers.stop();
    await this.owner.close();
    await this.control.close();
    await this.database.drop();
    await rm(this.storageFolder, { recursive: true, force: true });
  }

  /** For `beforeEach`. */
  async begin(): Promise<void> {
    this.receiver = await CallbackReceiver.start();
    this.tenantId = await aTenant(this.control, 1_000_000_000n);
  }

  /** For `afterEach`. Whatever a test is about: every call to an endpoint carries a good signature. */
  async end(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.close()));
    for (const [path, secrets] of this.secretsOf) await this.verifiers.verifyByAny(this.receiver.callsTo(path), secrets);
    this.secretsOf.clear();
    await this.receiver.close();
    await this.owner.query('TRUNCATE outbox, webhook_deliveries, webhook_attempts, webhook_secrets, webhook_endpoints');
  }

  async startWorker(options: Partial<WebhookWorkerOptions> = {}): Promise<void> {
    const { storageFolder, database } = this;
    const keys = new EncryptionKeys(ENCRYPTION_KEY);
    this.workers.push(
      await startWebhookWorker({ controlUrl: database.controlUrl, storageFolder, keys, timeScale: TIME_SCALE, ...options }),
    );
  }

  /** The one that was started last. */
  async stopWorker(): Promise<void> {
    await this.workers.pop()?.close();
  }

  /** What the API does for the tenant. */
  customerSide() {
    const pool = new HotPool({ url: this.database.apiUrl, applicationName: 'test', maxConnections: 2 });
    return {
      caller: { tenantId: this.tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'build' } satisfies Caller,
      endpoints: new EndpointsService(pool, new EncryptionKeys(ENCRYPTION_KEY)),
      log: new DeliveryLogService(pool, new SignedUrls(URL_SIGNING)),
      [Symbol.asyncDispose]: () => pool.close(),
    };
  }

  async aProject(): Promise<string> {
    const id = randomUUID();
    await this.owner.query('INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, $3)', [this.tenantId, id, `project ${id}`]);
    return id;
  }

  async addEndpoint(url: string, { projectId, eventTypes, headers = {}, fifo = false, maxPerSecond }: EndpointOptions = {}) {
    const { secret } = newSecret('hmac');
    const [row] = await this.owner.query<{ id: string }>(
      `WITH endpoint AS (
         INSERT INTO webhook_endpoints (tenant_id, url, signing, event_types, headers, fifo, max_per_second, project_id)
         VALUES ($1, $2, 'hmac', $3, $4, $5, $6, $8) RETURNING tenant_id, id)
       INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) SELECT tenant_id, id, $7 FROM endpoint RETURNING endpoint_id AS id`,
      [this.tenantId, url, eventTypes ?? null, headers, fifo, maxPerSecond ?? null, secret, projectId ?? null],
    );
    this.noteSecret(url, secret);
    return { id: row?.id as string, secret };
  }

  /** Calls to this URL may be signed with it. */
  noteSecret(url: string, secret: string): void {
    const { pathname } = new URL(url);
    this.secretsOf.set(pathname, [...(this.secretsOf.get(pathname) ?? []), secret]);
  }

  /** As the transaction of the fact does it. */
  // biome-ignore lint/suspicious/noExplicitAny: a type and its data that fit each other, as the caller writes them.
  async tell(type: any, data: any, projectId?: string): Promise<void> {
    const { tenantId } = this;
    await this.control.transaction('tell', [], (tx) => recordEvents(tx, [{ tenantId, type, data, projectId }]));
  }

  /** So many events of one transaction. */
  async recordAll(type: 'key.revoked', count: number): Promise<void> {
    const events = Array.from({ length: count }, () => ({ tenantId: this.tenantId, type, data: { keyId: randomUUID() } }));
    await this.control.transaction('tell', [], (tx) => recordEvents(tx, events));
  }

  /** Waits until so many deliveries of an endpoint have ended. */
  async ended(endpointId: string, count: number): Promise<DeliveryRow[]> {
    return until(async () => {
      const rows = await this.owner.query<DeliveryRow>(`SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 AND state <> 'pending'`, [
        endpointId,
      ]);
      return rows.length >= count ? rows : undefined;
    });
  }

  /** Waits until every event has become deliveries. */
  relayed(): Promise<true> {
    return until(async () => (await this.owner.query('SELECT 1 FROM outbox')).length === 0 || undefined);
  }

  attemptsOf(deliveryId: string | undefined): Promise<AttemptRow[]> {
    return this.owner.query<AttemptRow>(
      `SELECT attempt, url, status, error, answer_body, next_attempt_at FROM webhook_attempts WHERE delivery_id = $1
       UNION ALL
       SELECT 1, first_attempt ->> 'url', (first_attempt ->> 'status')::int, NULL, first_attempt ->> 'answer_body', NULL
         FROM webhook_deliveries WHERE id = $1 AND first_attempt IS NOT NULL
       ORDER BY attempt`,
      [deliveryId],
    );
  }

  async endpointOf(id: string) {
    const [row] = await this.owner.query<{ failing_since: Date | null }>('SELECT * FROM webhook_endpoints WHERE id = $1', [id]);
    return row;
  }
}

/** What the published verifier reads from a call. @throws when a signature does not fit */
export function verified(call: ReceivedCall, secret: string): unknown {
  return new Webhook(secret).verify(call.text, call.headers as Record<string, string>);
}
