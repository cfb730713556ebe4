import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TEMPORAL_NAMESPACE } from '#infra/local/servers/temporal';
import { type HeldAnswers, holdAnswers } from '#test/faults/held-answers';
import { type ProcessBeside, startBeside } from '#test/faults/process-beside';
import { JourneyPlatform, until } from '#test/journeys/journey-platform';

let journey: JourneyPlatform;
let answers: HeldAnswers;
let beside: ProcessBeside | undefined;

beforeAll(async () => {
  journey = await JourneyPlatform.start({ HALOGEN_REFERENCE_MODE: 'instant' });
  answers = await holdAnswers(journey.platform.run.postgres);
});
afterEach(async () => {
  await beside?.kill();
  beside = undefined;
  expect(await journey.ledgerDifferences()).toEqual([]);
});
afterAll(async () => {
  await answers.close();
  await journey.stop();
});

const CLIENTS = 12;
const CREATES_BEFORE = 20;
const CREATES_AFTER = 10;

// The API between reserve and answer, the worker between settle and reply, Postgres between anything.
it.each(['api', 'generation-worker', 'postgres'])(
  'kill -9 of %s under load: every answered create is there, everything ends, and the ledger adds up without repair',
  async (name) => {
    const created: string[] = [];
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async () => {
      const client = journey.client('demo', { maxRetries: 0 });
      while (!isOver) {
        await client.generations.image.create({ model: 'photon-1', prompt: `a picture that outlives ${name}` }).then(
          ({ id }) => created.push(id as string),
          () => sleep(50), // what was killed does not answer; hammering it would not bring it back
        );
      }
    });
    await until(async () => (created.length >= CREATES_BEFORE ? true : undefined));
    const killed = journey.platform.pidsOf(name);
    expect(killed).not.toEqual([]);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const enough = created.length + CREATES_AFTER;
    await until(async () => (created.length >= enough ? true : undefined));
    isOver = true;
    await Promise.all(clients);

    await until(async () => {
      const [left] = await journey.database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM generations WHERE state IN ('queued', 'admitted', 'running')`,
      );
      return left?.count === 0 ? true : undefined;
    });
    const kept = await journey.database.query('SELECT 1 FROM generations WHERE id = ANY ($1::uuid[])', [created]);
    expect(kept).toHaveLength(created.length);
  },
  240_000,
);

describe('killed between a commit and its answer', () => {
  it.each(['api', 'postgres'])('%s, when credits are reserved: the same request again gets the one generation, paid once', async (name) => {
    beside = await startBeside(journey, 'api', answers);
    const key = `killed-${name}`;
    const committed = answers.holdCommitAfter('submit');
    const lost = create(beside.origin, key).then(
      ({ status }) => status,
      () => 'no answer',
    );
    await committed;
    const made = await generationsOf(key);
    expect(made).toHaveLength(1);
    if (name === 'api') await beside.kill();
    else for (const pid of journey.platform.pidsOf('postgres')) process.kill(pid, 'SIGKILL');
    expect(await lost).toBe(name === 'api' ? 'no answer' : 503);

    const again = await until(async () => {
      const answer = await create(journey.platform.run.api, key);
      return answer.status === 201 ? ((await answer.json()) as { id: string }) : undefined;
    });
    expect(await generationsOf(key)).toEqual([{ id: again.id }]);
    await journey.untilState(again.id, 'completed');
    expect((await journey.transfersOf(again.id)).map(({ code }) => code)).toEqual(['reserve', 'settle']);
  });

  it('the worker, when a generation is settled: its run ends with the next worker, and nothing is paid twice', async () => {
    await journey.platform.halt('generation-worker');
    beside = await startBeside(journey, 'generation-worker', answers);
    const committed = answers.holdCommitAfter('resolve');
    const { id } = (await (await create(journey.platform.run.api, 'settled')).json()) as { id: string };
    await committed;
    await beside.kill();
    expect((await journey.transfersOf(id)).map(({ code }) => code)).toEqual(['reserve', 'settle']);

    await journey.platform.resume('generation-worker');
    await endedRun(id);
    expect((await journey.transfersOf(id)).map(({ code }) => code)).toEqual(['reserve', 'settle']);
    const leases = await journey.database.query('SELECT end_reason, freed_at IS NOT NULL AS freed FROM leases WHERE generation_id = $1', [
      id,
    ]);
    expect(leases).toEqual([{ end_reason: 'settled', freed: true }]);
  });
});

it('two API processes spend one account at once: each has a part, all is spent, and none waits for the other for ever', async () => {
  beside = await startBeside(journey, 'api', answers);
  const funded = { credits: 300, images: 60 };
  const brand = (await ask('/api/v1/tenants', { name: 'A hot brand' })) as { id: string };
  await ask('/api/v1/ledger/funding', { tenantId: brand.id, amount: String(funded.credits) });
  const { key } = (await ask(`/api/v1/keys?tenant=${brand.id}`, { name: 'Hot', role: 'creator' })) as { key: string };

  const spend = async (origin: string) => {
    let made = 0;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let at = 0; ; at += 1) {
        const { status, headers } = await create(origin, `hot-${new URL(origin).port}-${client}-${at}`, key);
        if (status === 402) return;
        if (status === 201) made += 1;
        else {
          expect(status).toBe(429); // of the key's own limits
          await sleep(Number(headers.get('retry-after-ms')));
        }
      }
    });
    await Promise.all(clients);
    return made;
  };
  const made = await Promise.all([journey.platform.run.api, beside.origin].map(spend));
  console.log(`two API processes made ${made.join(' and ')} of ${funded.images}`);
  for (const part of made) expect(part).toBeGreaterThan(0);
  expect(made[0]! + made[1]!).toBe(funded.images);
  const [balance] = await journey.database.query<{ available: string }>(
    `SELECT sum(balance_micro)::text AS available FROM accounts WHERE tenant_id = $1 AND kind = 'available'`,
    [brand.id],
  );
  expect(balance).toEqual({ available: '0' });
  const [deadlocks] = await journey.database.query('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()');
  expect(deadlocks).toEqual({ deadlocks: 0 });
});

async function ask(route: string, body: object): Promise<unknown> {
  const answer = await journey.fetch(route, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.ok).toBe(true);
  return answer.json();
}

/** @param once makes it one, however often it is asked for */
function create(origin: string, once: string, key = journey.platform.run.keys.demo): Promise<Response> {
  return fetch(`${origin}/dream-machine/v1/generations/image`, {
    method: 'POST',
    body: JSON.stringify({ model: 'photon-1', prompt: once }),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': once },
  });
}

function generationsOf(prompt: string): Promise<{ id: string }[]> {
  return journey.database.query('SELECT id FROM generations WHERE prompt = $1', [prompt]);
}

/** Answers when Temporal has the run's end. */
async function endedRun(generationId: string): Promise<void> {
  const connection = await Connection.connect({ address: journey.platform.run.temporal });
  try {
    await new Client({ connection, namespace: TEMPORAL_NAMESPACE }).workflow.getHandle(`${generationId}/1`).result();
  } finally {
    await connection.close();
  }
}
