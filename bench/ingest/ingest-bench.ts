import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { Pool, request } from 'undici';
import { v7 as newId } from 'uuid';
import type { Bench, BenchContext } from '#bench/bench';
import { type BenchDatabase, benchDatabase, benchPostgres, withOwner } from '#bench/database';
import { type Measurement, measurementOf, percentile, type Sample } from '#bench/measurement';
import { type SpanSink, spanSink } from '#bench/submit/span-sink';
import { grantCredits } from '#features/ledger/grants.service';
import { cacheFolder } from '#infra/local/cache-folder';
import { freePort } from '#infra/local/free-port';
import { LEAN_NODE } from '#infra/local/lean-node';
import { compiledFolder } from '#infra/local/processes';
import { seed } from '#infra/local/seed';
import { startValkey } from '#infra/local/servers/valkey';
import { HotPool } from '#platform/database/hot-pool';

const ROWS = 1_000_000;
const QUICK_ROWS = 100_000;
const ROWS_PER_PIECE = 500;
const SUBMITS_PER_S = 20;
const IDLE_MS = 10_000;
const LOOK_EVERY_MS = 50;
const PLENTY_MICRO = 10n ** 15n;
/** The seed's tenant of the demo key. */
const DEMO_TENANT_ID = '00000000-0000-4000-8000-000000010000';
const WARM_UP_ROWS = 20_000;
const OPTIONS = JSON.stringify({ service_tier: 'flex' });

export const ingestBench: Bench = {
  summary:
    'rows a second from an HTTP upload to paid and queued, against raw COPY of the same rows, and what interactive submits feel of it',
  run: measureIngest,
};

interface Round {
  rowsPerS: Sample;
  rssMaxMb: Record<ProcessName, number>;
  /** Of the last third of the load less that of the second: a leak would show. */
  rssGrowthMb: number;
  interactiveMs: Sample;
}

type ProcessName = 'api' | 'background-worker';

async function* measureIngest(context: BenchContext): AsyncIterable<Measurement> {
  const rows = context.rows ?? (context.quick ? QUICK_ROWS : ROWS);
  const of = (metric: string, unit: string, rounds: Sample[]) => measurementOf('ingest', metric, unit, rounds);
  await using database = await benchDatabase(await benchPostgres(context), context);
  await seed({ controlUrl: database.databaseControlUrl, secrets: database.secrets, lanesPerNode: 1 });
  await giveCredits(database);
  await using sink = await spanSink();
  const origin = await startProcesses(context, database, sink);
  const key = database.secrets.keys.demo;

  context.report('warming up');
  await ingest(origin, key, WARM_UP_ROWS, database);
  const rounds: Round[] = [];
  for (let number = 1; number <= context.rounds; number += 1) {
    const round = await measureRound(context, database, origin, key, rows);
    rounds.push(round);
    const { rowsPerS, interactiveMs, rssMaxMb } = round;
    context.report(
      `round ${number}: ${Math.round(rowsPerS.ours)} rows/s, COPY ${Math.round(rowsPerS.baseline as number)}; submits p99 ${interactiveMs.ours.toFixed(1)} ms, ` +
        `idle ${interactiveMs.baseline?.toFixed(1)}; api ${rssMaxMb.api.toFixed(0)} MB, background-worker ${rssMaxMb['background-worker'].toFixed(0)} MB`,
    );
  }
  yield of(
    'rows_per_s',
    '1/s',
    rounds.map(({ rowsPerS }) => rowsPerS),
  );
  yield of(
    'rss_max_mb',
    'MB',
    rounds.map(({ rssMaxMb }) => ({ ours: Math.max(...Object.values(rssMaxMb)), baseline: null })),
  );
  yield of(
    'rss_growth_mb',
    'MB',
    rounds.map(({ rssGrowthMb }) => ({ ours: rssGrowthMb, baseline: null })),
  );
  yield of(
    'interactive_p99_ms',
    'ms',
    rounds.map(({ interactiveMs }) => interactiveMs),
  );
}

async function measureRound(context: BenchContext, database: BenchDatabase, origin: string, key: string, rows: number): Promise<Round> {
  await withOwner(database.ownerUrl, empty);
  const idle = await submitsUntil(origin, key, pause(IDLE_MS));
  await withOwner(database.ownerUrl, empty);
  const rss = new RssWatch(context);
  const startedAt = performance.now();
  const loaded = ingest(origin, key, rows, database).finally(() => rss.stop());
  const busy = await submitsUntil(origin, key, loaded);
  const batchId = await loaded;
  const ours = rows / ((lastLoadedAt - startedAt) / 1_000);
  const baseline = await rawCopy(context, database, batchId, rows);
  return {
    rowsPerS: { ours, baseline },
    rssMaxMb: rss.maxMb(),
    rssGrowthMb: rss.growthMb(),
    interactiveMs: { ours: percentile(busy, 0.99), baseline: percentile(idle, 0.99) },
  };
}

let lastLoadedAt = 0;

/** Streams rows to the API and waits until all of them are queued. @returns the batch's id */
async function ingest(origin: string, key: string, rows: number, database: BenchDatabase): Promise<string> {
  const { statusCode, body } = await request(`${origin}/api/v1/batches?options=${encodeURIComponent(OPTIONS)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    body: Readable.from(piecesOf(rows)),
    headersTimeout: 600_000,
  });
  const text = await body.text();
  if (statusCode !== 202) throw new Error(`the upload was answered ${statusCode}: ${text}`);
  const { id } = JSON.parse(text) as { id: string };
  return withOwner(database.ownerUrl, async (owner) => {
    for (;;) {
      const { rows: found } = await owner.query('SELECT state, accepted_rows, loaded_at FROM batches WHERE id = $1', [id]);
      const [{ state, accepted_rows, loaded_at }] = found;
      if (loaded_at && accepted_rows === rows) break;
      if (loaded_at || state === 'failed' || state === 'paused')
        throw new Error(`the batch is ${state} with ${accepted_rows} of ${rows} rows`);
      await pause(LOOK_EVERY_MS);
    }
    lastLoadedAt = performance.now();
    return id;
  });
}

function* piecesOf(rows: number): Generator<Buffer> {
  const products = ['a paper boat on a storm drain', 'a red fox in fresh snow', 'a glass bottle on wet stone', 'a bicycle at dusk'];
  for (let from = 0; from < rows; from += ROWS_PER_PIECE) {
    let piece = '';
    for (let at = from; at < Math.min(rows, from + ROWS_PER_PIECE); at += 1) {
      piece += `{"model":"photon-1","prompt":"${products[at % products.length]}, late evening light, variation ${at}","aspect_ratio":"${at % 3 ? '16:9' : '1:1'}"}\n`;
    }
    yield Buffer.from(piece);
  }
}

/** The very rows that were ingested, by COPY as superuser into the same table, emptied before. @returns rows a second */
async function rawCopy({ homeDir }: BenchContext, { ownerUrl }: BenchDatabase, batchId: string, rows: number): Promise<number> {
  const file = join(homeDir, 'rows.copy');
  return withOwner(ownerUrl, async (owner) => {
    await owner.query(`SET statement_timeout = 0`);
    await pipeline(
      owner.query(copyTo(`COPY (SELECT * FROM generations WHERE batch_id = '${batchId}' ORDER BY row_number) TO STDOUT`)),
      createWriteStream(file),
    );
    await empty(owner);
    const startedAt = performance.now();
    await pipeline(createReadStream(file, { highWaterMark: 1_048_576 }), owner.query(copyFrom('COPY generations FROM STDIN')));
    const perSecond = rows / ((performance.now() - startedAt) / 1_000);
    await empty(owner);
    await rm(file);
    return perSecond;
  });
}

/** Both begin with an empty table and a checkpoint behind them. */
async function empty(owner: pg.Client): Promise<void> {
  await owner.query('TRUNCATE generations CASCADE');
  await owner.query('TRUNCATE outbox');
  await owner.query('CHECKPOINT');
}

async function giveCredits({ databaseControlUrl }: BenchDatabase): Promise<void> {
  const pool = new HotPool({ url: databaseControlUrl, applicationName: 'halogen-bench-seed', maxConnections: 1 });
  try {
    await pool.transaction('give credits', [], (tx) =>
      grantCredits(tx, { tenantId: DEMO_TENANT_ID, id: newId(), accountId: newId(), amountMicro: PLENTY_MICRO }),
    );
  } finally {
    await pool.close();
  }
}

/** Submits at a steady pace, whether or not the last was answered, until this has ended. @returns how long each took, in ms */
async function submitsUntil(origin: string, key: string, end: Promise<unknown>): Promise<number[]> {
  const pool = new Pool(origin, { connections: 32, pipelining: 1 });
  const tookMs: number[] = [];
  const inFlight = new Set<Promise<void>>();
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  for (let next = performance.now(); !isOver; next += 1_000 / SUBMITS_PER_S) {
    const submit = submitOne(pool, key, tookMs).finally(() => inFlight.delete(submit));
    inFlight.add(submit);
    await pause(Math.max(0, next + 1_000 / SUBMITS_PER_S - performance.now()));
  }
  await Promise.all(inFlight);
  await pool.close();
  return tookMs;
}

async function submitOne(pool: Pool, key: string, tookMs: number[]): Promise<void> {
  const startedAt = performance.now();
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/dream-machine/v1/generations/image',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"generation_type":"image","model":"photon-1","prompt":"a paper boat on a storm drain"}',
  });
  await body.dump();
  if (statusCode !== 201) throw new Error(`a submit was answered ${statusCode}`);
  tookMs.push(performance.now() - startedAt);
}

const PROCESSES: readonly ProcessName[] = ['api', 'background-worker'];
const RSS_EVERY_MS = 200;

/** Resident memory of the processes while rows are loaded. */
class RssWatch {
  private readonly samples: Record<ProcessName, number[]> = { api: [], 'background-worker': [] };
  private readonly timer: NodeJS.Timeout;

  constructor({ supervisor }: BenchContext) {
    this.timer = setInterval(() => {
      for (const name of PROCESSES) {
        for (const pid of supervisor.pidsOf(name))
          rssMbOf(pid).then(
            (mb) => this.samples[name].push(mb),
            () => {},
          );
      }
    }, RSS_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  maxMb(): Record<ProcessName, number> {
    return { api: Math.max(...this.samples.api), 'background-worker': Math.max(...this.samples['background-worker']) };
  }

  growthMb(): number {
    return Math.max(
      ...Object.values(this.samples).map((samples) => {
        const third = Math.floor(samples.length / 3);
        return Math.max(...samples.slice(2 * third)) - Math.max(...samples.slice(third, 2 * third));
      }),
    );
  }
}

async function rssMbOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

async function startProcesses(context: BenchContext, database: BenchDatabase, sink: SpanSink): Promise<string> {
  context.report('starting Redis, the API and the background worker');
  const redis = await startValkey({ ...context, report: () => {}, cacheDir: cacheFolder() });
  const origin = `http://127.0.0.1:${await freePort()}`;
  const shared = {
    PATH: process.env.PATH,
    HALOGEN_TRACE_ENDPOINT: sink.url,
    HALOGEN_PUBLIC_ORIGIN: origin,
    HALOGEN_STORAGE_DIR: join(context.homeDir, 'storage'),
    HALOGEN_ASSET_SIGNING_SECRET: database.secrets.assetSigningSecret,
    HALOGEN_ENCRYPTION_KEYS: database.secrets.encryptionKeys,
  };
  await startProcess(context, 'api', {
    ...shared,
    OTEL_SERVICE_NAME: 'halogen-api',
    DATABASE_API_URL: database.databaseApiUrl,
    HALOGEN_PORT: new URL(origin).port,
  });
  await startProcess(context, 'background-worker', {
    ...shared,
    OTEL_SERVICE_NAME: 'halogen-background-worker',
    DATABASE_CONTROL_URL: database.databaseControlUrl,
    DATABASE_LOADER_URL: database.databaseLoaderUrl,
    REDIS_URL: redis.address,
  });
  return origin;
}

async function startProcess({ supervisor, homeDir }: BenchContext, name: ProcessName, env: NodeJS.ProcessEnv): Promise<void> {
  const dist = compiledFolder();
  await supervisor.start({
    name,
    instance: name,
    command: process.execPath,
    cwd: homeDir,
    ready: 'message',
    stopSignal: 'SIGTERM',
    reapSignal: 'SIGKILL',
    echoErrors: true,
    args: [
      ...LEAN_NODE,
      '--enable-source-maps',
      '--import',
      join(dist, 'libs/platform/telemetry/start.js'),
      join(dist, `apps/${name}/main.js`),
    ],
    env,
  });
}
