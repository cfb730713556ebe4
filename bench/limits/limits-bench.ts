import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Bench, BenchContext } from '#bench/bench';
import { benchDatabase, benchPostgres } from '#bench/database';
import type { Measurement } from '#bench/measurement';
import { spanSink } from '#bench/submit/span-sink';
import { startApi } from '#bench/submit/submit-bench';
import { provisionApiKey } from '#features/tenants/provisioning';
import { seed } from '#infra/local/seed';
import { HotPool } from '#platform/database/hot-pool';

const LIMIT_PER_MINUTE = 1_000;
const CLIENTS_REFUSED = 1_000;
/** Creates a second, so that it is the limit that refuses and not the machine. */
const PACE_PER_S = 100;
const CONNECTIONS = 64;

interface Answer {
  status: number;
  retryAfterMs: number;
}

export const limitsBench: Bench = {
  summary:
    'how many of 1,000 creates that a limit per minute refused are admitted when each is sent again at the very time it was told (takes a minute)',
  run: measureRetries,
};

async function* measureRetries(context: BenchContext): AsyncIterable<Measurement> {
  await using database = await benchDatabase(await benchPostgres(context), context);
  await seed({ controlUrl: database.databaseControlUrl, secrets: database.secrets, lanesPerNode: 1 });
  const key = await limitedKey(database.ownerUrl);
  await using sink = await spanSink();
  context.report('starting the API');
  const api = new Pool(await startApi(context, database, sink), { connections: CONNECTIONS, pipelining: 1 });

  context.report(`filling the minute with ${LIMIT_PER_MINUTE} creates`);
  const filling = await paced(LIMIT_PER_MINUTE, (at) => create(api, key, `fills the minute ${at}`));
  const refusedEarly = filling.filter(({ status }) => status !== 201).length;

  context.report(`${CLIENTS_REFUSED} more clients, each of which comes again when it is told to`);
  const outcomes = await Promise.all(
    await paced(CLIENTS_REFUSED, async (at) => {
      const first = await create(api, key, `is refused ${at}`);
      // A promise in a promise: the pace goes on while this one waits for its time.
      return { again: first.status === 429 ? comeAgain(api, key, `is refused ${at}`, first.retryAfterMs) : undefined };
    }).then((started) => started.map(async ({ again }) => again && (await again).status)),
  );
  await api.close();
  await context.supervisor.halt('api');

  const refused = outcomes.filter((status) => status !== undefined);
  const admitted = refused.filter((status) => status === 201).length;
  const figure = (metric: string, value: number, unit: string): Measurement => ({
    ...{ bench: 'limits', metric, value, unit },
    ...{ baseline: null, ratio: null, spread: 0 },
  });
  yield figure('refused_under_limit', refusedEarly, '1');
  yield figure('refused', refused.length, '1');
  yield figure('retries_admitted_pct', refused.length === 0 ? 0 : (100 * admitted) / refused.length, '%');
}

/** A key of the demo tenant that is limited by nothing but creates per minute. */
async function limitedKey(ownerUrl: string): Promise<string> {
  const owner = new HotPool({ url: ownerUrl, applicationName: 'bench', maxConnections: 1 });
  const secret = `luma-bench-${randomBytes(32).toString('base64url')}`;
  const [tenant] = await owner.query<{ tenant_id: string }>(`SELECT tenant_id FROM api_keys WHERE name = 'demo'`);
  if (!tenant) throw new Error('there is no demo key to make another one beside');
  const scopes = ['generations:read', 'generations:write'];
  await owner.transaction('limited key', [], (tx) =>
    provisionApiKey(tx, {
      ...{ tenantId: tenant.tenant_id, id: randomUUID(), name: 'limited', secret, scopes },
      createsPerMinute: LIMIT_PER_MINUTE,
    }),
  );
  await owner.close();
  return secret;
}

async function paced<T>(count: number, send: (at: number) => Promise<T>): Promise<T[]> {
  const sent: Promise<T>[] = [];
  const beginMs = performance.now();
  for (let at = 0; at < count; at += 1) {
    const waitMs = beginMs + (at * 1_000) / PACE_PER_S - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    sent.push(send(at));
  }
  return Promise.all(sent);
}

async function comeAgain(api: Pool, key: string, prompt: string, afterMs: number): Promise<Answer> {
  await sleep(afterMs);
  return create(api, key, prompt, 1);
}

async function create(api: Pool, key: string, prompt: string, retryCount = 0): Promise<Answer> {
  const { statusCode, headers, body } = await api.request({
    method: 'POST',
    path: '/dream-machine/v1/generations/image',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-stainless-retry-count': String(retryCount) },
    body: JSON.stringify({ generation_type: 'image', model: 'photon-1', prompt }),
  });
  const text = await body.text();
  if (statusCode !== 201 && statusCode !== 429) throw new Error(`a create was answered ${statusCode}: ${text.slice(0, 300)}`);
  return { status: statusCode, retryAfterMs: Number(headers['retry-after-ms'] ?? 0) };
}
