import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Bench, BenchContext } from '#bench/bench';
import { type BenchDatabase, benchDatabase, benchPostgres } from '#bench/database';
import { benchTenants } from '#bench/ledger/tenants';
import { type Measurement, measurementOf, percentile, type Sample } from '#bench/measurement';
import { recordEvents } from '#features/events/events.service';
import { newSecret } from '#features/webhooks/sign-message';
import { cacheFolder } from '#infra/local/cache-folder';
import { freePort } from '#infra/local/free-port';
import { compiledFolder } from '#infra/local/processes';
import { startValkey } from '#infra/local/servers/valkey';
import { HotPool } from '#platform/database/hot-pool';

const DELIVERIES = 8_000;
const WARM_UP = 1_000;
const RECORDED_AT_ONCE = 250;
/** What one endpoint is served with at once at most, and so the baseline too. */
const CONCURRENCY = 32;
const PACED_PER_S = 500;
const PACED_FOR_S = 8;
const PACED_GROUP = 10;

export const webhooksBench: Bench = {
  summary: 'signed deliveries a second to one endpoint, against BullMQ with a plain POST, and the time from commit to first attempt',
  run: measureWebhooks,
};

async function* measureWebhooks(context: BenchContext): AsyncIterable<Measurement> {
  const of = (metric: string, unit: string, rounds: Sample[]) => measurementOf('webhooks', metric, unit, rounds);
  await using database = await benchDatabase(await benchPostgres(context), context);
  const redis = await startValkey({ ...context, report: () => {}, cacheDir: cacheFolder() });
  const sink = await Sink.start(context);
  await startWorkers(context, database, redis.address, sink.url);
  await using ours = await Ours.over(database, sink);
  await using baseline = new Baseline(redis.address, sink);

  await baseline.deliver(WARM_UP);
  await ours.deliver(WARM_UP);
  const rates: Sample[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    const sample = { baseline: await baseline.deliver(DELIVERIES), ours: await ours.deliver(DELIVERIES) };
    context.report(`round ${round}: ${Math.round(sample.ours)}/s, BullMQ ${Math.round(sample.baseline)}/s`);
    rates.push(sample);
  }
  yield of('deliveries_per_s', '1/s', rates);

  const delays: Sample[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    const p99Ms = await ours.pacedP99Ms();
    context.report(`round ${round}: commit to first attempt at ${PACED_PER_S}/s: p99 ${p99Ms.toFixed(0)} ms`);
    delays.push({ ours: p99Ms, baseline: null });
  }
  yield of('commit_to_attempt_p99_ms', 'ms', delays);
}

class Sink {
  private constructor(readonly url: string) {}

  static async start({ supervisor }: BenchContext): Promise<Sink> {
    const port = await freePort();
    await supervisor.start({ ...childOf('bench/webhooks/sink.js'), name: 'sink', instance: 'sink', env: { PORT: String(port) } });
    return new Sink(`http://127.0.0.1:${port}`);
  }

  async forget(): Promise<void> {
    await fetch(this.url, { method: 'DELETE' });
  }

  async arrivals(): Promise<Record<string, number>> {
    return (await (await fetch(`${this.url}/arrivals`)).json()) as Record<string, number>;
  }

  async untilCount(wanted: number): Promise<void> {
    while (((await (await fetch(`${this.url}/count`)).json()) as number) < wanted) await pause(10);
  }

  /** Runs what makes deliveries, waits until they have all arrived, and answers how many that was a second. */
  async rateOf(count: number, make: () => Promise<void>): Promise<number> {
    await this.forget();
    const startedAt = performance.now();
    await make();
    await this.untilCount(count);
    return (count / (performance.now() - startedAt)) * 1_000;
  }
}

/** Events are recorded as facts record them, and delivered by the process that delivers in earnest. */
class Ours implements AsyncDisposable {
  private constructor(
    private readonly pool: HotPool,
    private readonly tenantId: string,
    private readonly sink: Sink,
  ) {}

  static async over(database: BenchDatabase, sink: Sink): Promise<Ours> {
    const [tenant] = await benchTenants(database.databaseControlUrl, 1);
    const tenantId = tenant?.tenantId as string;
    const owner = new HotPool({ url: database.ownerUrl, applicationName: 'halogen-bench', maxConnections: 1 });
    await owner.query(
      `WITH endpoint AS (INSERT INTO webhook_endpoints (tenant_id, url, signing) VALUES ($1, $2, 'hmac') RETURNING tenant_id, id)
       INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret) SELECT tenant_id, id, $3 FROM endpoint`,
      [tenantId, `${sink.url}/hook`, newSecret('hmac').secret],
    );
    await owner.close();
    const pool = new HotPool({ url: database.databaseControlUrl, applicationName: 'halogen-bench', maxConnections: 4 });
    return new Ours(pool, tenantId, sink);
  }

  deliver(count: number): Promise<number> {
    return this.sink.rateOf(count, async () => {
      for (let made = 0; made < count; made += RECORDED_AT_ONCE) await this.record(newKeys(Math.min(RECORDED_AT_ONCE, count - made)));
    });
  }

  /** At an even pace, a group every few milliseconds, as the hot paths commit them. */
  async pacedP99Ms(): Promise<number> {
    await this.sink.forget();
    const committedAt = new Map<string, number>();
    const records: Promise<void>[] = [];
    const count = PACED_PER_S * PACED_FOR_S;
    const startedAt = performance.now();
    for (let made = 0; made < count; made += PACED_GROUP) {
      const waitMs = startedAt + (made * 1_000) / PACED_PER_S - performance.now();
      if (waitMs > 1) await pause(waitMs);
      const keys = newKeys(PACED_GROUP);
      records.push(
        this.record(keys).then(() => {
          const nowMs = performance.timeOrigin + performance.now();
          for (const key of keys) committedAt.set(key, nowMs);
        }),
      );
    }
    await Promise.all(records);
    await this.sink.untilCount(count);
    const arrivals = await this.sink.arrivals();
    return percentile(
      [...committedAt].map(([key, at]) => (arrivals[key] ?? Number.POSITIVE_INFINITY) - at),
      0.99,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
  }

  private async record(keys: readonly string[]): Promise<void> {
    const { tenantId } = this;
    await this.pool.transaction('record', [], (tx) =>
      recordEvents(
        tx,
        keys.map((keyId) => ({ tenantId, type: 'key.revoked', data: { keyId } })),
      ),
    );
  }
}

class Baseline implements AsyncDisposable {
  private readonly queue: Queue;

  constructor(
    redisUrl: string,
    private readonly sink: Sink,
  ) {
    this.queue = new Queue('bench', { connection: { url: redisUrl } });
  }

  deliver(count: number): Promise<number> {
    return this.sink.rateOf(count, async () => {
      for (let made = 0; made < count; made += RECORDED_AT_ONCE) {
        const keys = newKeys(Math.min(RECORDED_AT_ONCE, count - made));
        await this.queue.addBulk(keys.map((keyId) => ({ name: 'post', data: { body: bodyOf(keyId) } })));
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.close();
  }
}

function newKeys(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

/** As long as ours is. */
function bodyOf(keyId: string): string {
  return JSON.stringify({ type: 'key.revoked', timestamp: new Date().toISOString(), data: { keyId, sequence: 1 } });
}

async function startWorkers(
  { supervisor, homeDir }: BenchContext,
  database: BenchDatabase,
  redisUrl: string,
  sinkUrl: string,
): Promise<void> {
  await supervisor.start({
    ...childOf('bench/webhooks/baseline-worker.js'),
    name: 'baseline',
    instance: 'baseline',
    env: { SINK_URL: sinkUrl, REDIS_URL: redisUrl, CONCURRENCY: String(CONCURRENCY) },
  });
  await supervisor.start({
    ...childOf('apps/background-worker/main.js'),
    name: 'background-worker',
    instance: 'background-worker',
    env: {
      DATABASE_CONTROL_URL: database.databaseControlUrl,
      DATABASE_LOADER_URL: database.databaseLoaderUrl,
      HALOGEN_STORAGE_DIR: join(homeDir, 'storage'),
      HALOGEN_ASSET_SIGNING_SECRET: 'a secret of a benchmark, which signs nothing',
      HALOGEN_ENCRYPTION_KEYS: database.secrets.encryptionKeys,
      HALOGEN_PUBLIC_ORIGIN: 'http://127.0.0.1:1',
      HALOGEN_OUTBOUND_ALLOW: '127.0.0.0/8',
    },
  });
}

function childOf(entry: string) {
  return {
    command: process.execPath,
    args: ['--enable-source-maps', join(compiledFolder(), entry)],
    ready: 'message' as const,
    stopSignal: 'SIGTERM' as const,
    reapSignal: 'SIGKILL' as const,
    echoErrors: true,
  };
}
