import { join } from 'node:path';
import type { Bench, BenchContext } from '#bench/bench';
import { cpuUsOf } from '#bench/cpu-time';
import { type BenchDatabase, benchDatabase, benchPostgres } from '#bench/database';
import { loadFor, loadOf } from '#bench/load';
import { type Measurement, measurementOf, type Sample } from '#bench/measurement';
import { PreparedRequest } from '#bench/prepared-request';
import { type SpanSink, spanSink } from '#bench/submit/span-sink';
import { freePort } from '#infra/local/free-port';
import { LEAN_NODE } from '#infra/local/lean-node';
import { compiledFolder } from '#infra/local/processes';
import { seed } from '#infra/local/seed';

const CONNECTIONS = 128;
/** Of the API's pool for grouped commands, and so of the other's. */
const POOL_SIZE = 12;
const LOAD_MS = 4_000;
/** Of each side: so many until V8 has compiled what a request runs through. A server that has just started is another one. */
const WARM_UP_REQUESTS = 20_000;
const JSON_BODY = { 'content-type': 'application/json' };
const REQUEST = JSON.stringify({
  generation_type: 'image',
  model: 'photon-1',
  prompt: 'a paper boat on a storm drain, late evening light',
});

export const submitBench: Bench = {
  summary: 'generations submitted a second over HTTP, with keys, money, spans and all, against a bare Fastify with one INSERT a request',
  run: measureSubmits,
};

async function* measureSubmits(context: BenchContext): AsyncIterable<Measurement> {
  await using database = await benchDatabase(await benchPostgres(context), context);
  await seed({ controlUrl: database.databaseControlUrl, secrets: database.secrets, lanesPerNode: 1 });
  await using sink = await spanSink();
  context.report('starting the API and the bare Fastify');
  const [apiUrl, bareUrl] = [await startApi(context, database, sink), await startBare(context, database)];
  await using api = await PreparedRequest.to(apiUrl, CONNECTIONS, {
    ...post('/dream-machine/v1/generations/image'),
    headers: { ...JSON_BODY, authorization: `Bearer ${database.secrets.keys.demo}` },
  });
  await using bare = await PreparedRequest.to(bareUrl, CONNECTIONS, post('/submit'));
  const submit = () => api.send(201);
  const insert = () => bare.send(201);

  context.report('warming up');
  await loadOf(WARM_UP_REQUESTS, CONNECTIONS, insert);
  await loadOf(WARM_UP_REQUESTS, CONNECTIONS, submit);
  const perSecond: Sample[] = [];
  const cpuUs: Sample[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    context.report(`round ${round} of ${context.rounds}`);
    const baseline = await measureLoad(context, 'bare-fastify', insert);
    const ours = await measureLoad(context, 'api', submit);
    perSecond.push({ baseline: baseline.perSecond, ours: ours.perSecond });
    cpuUs.push({ baseline: baseline.cpuUs, ours: ours.cpuUs });
  }
  if (sink.bytes() === 0) throw new Error('no span was exported: this would measure another API than the one that ships');
  for (const name of ['api', 'bare-fastify']) await context.supervisor.halt(name);
  yield measurementOf('submit', 'submits_per_s', '1/s', perSecond);
  yield measurementOf('submit', 'cpu_us_per_submit', 'µs', cpuUs);
}

/** @returns cpuUs of the process and of our Postgres for each call, without what the caller takes */
async function measureLoad({ supervisor }: BenchContext, name: string, call: () => Promise<void>) {
  const pids = [name, 'postgres'].flatMap((one) => supervisor.pidsOf(one));
  const cpuUs = async () => (await Promise.all(pids.map(cpuUsOf))).reduce((sum, us) => sum + us, 0);
  const before = await cpuUs();
  const { calls, perSecond } = await loadFor(LOAD_MS, CONNECTIONS, call);
  return { perSecond, cpuUs: ((await cpuUs()) - before) / calls };
}

export async function startApi({ supervisor, homeDir }: BenchContext, database: BenchDatabase, sink: SpanSink): Promise<string> {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const dist = compiledFolder();
  await supervisor.start({
    ...processCalled('api', homeDir),
    args: [
      ...LEAN_NODE,
      '--enable-source-maps',
      '--import',
      join(dist, 'libs/platform/telemetry/start.js'),
      join(dist, 'apps/api/main.js'),
    ],
    env: {
      PATH: process.env.PATH,
      OTEL_SERVICE_NAME: 'halogen-api',
      HALOGEN_TRACE_ENDPOINT: sink.url,
      DATABASE_API_URL: database.databaseApiUrl,
      HALOGEN_PORT: new URL(origin).port,
      HALOGEN_PUBLIC_ORIGIN: origin,
      HALOGEN_STORAGE_DIR: join(homeDir, 'storage'),
      HALOGEN_ASSET_SIGNING_SECRET: database.secrets.assetSigningSecret,
      HALOGEN_ENCRYPTION_KEYS: database.secrets.encryptionKeys,
    },
  });
  return origin;
}

async function startBare({ supervisor, homeDir }: BenchContext, { ownerUrl }: BenchDatabase): Promise<string> {
  const port = await freePort();
  await supervisor.start({
    ...processCalled('bare-fastify', homeDir),
    args: [join(compiledFolder(), 'bench/submit/bare-fastify.js')],
    env: { PATH: process.env.PATH, DATABASE_URL: ownerUrl, PORT: String(port), POOL_SIZE: String(POOL_SIZE) },
  });
  return `http://127.0.0.1:${port}`;
}

function processCalled(name: string, cwd: string) {
  return {
    name,
    instance: name,
    command: process.execPath,
    cwd,
    ready: 'message' as const,
    stopSignal: 'SIGTERM' as const,
    reapSignal: 'SIGKILL' as const,
    echoErrors: true,
  };
}

function post(path: string) {
  return { method: 'POST', path, headers: JSON_BODY, body: REQUEST };
}
