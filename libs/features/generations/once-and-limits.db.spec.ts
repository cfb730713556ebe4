import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMeter } from '#features/generations/create-limits';
import { resolveAll } from '#features/generations/resolve-group';
import { type SubmitCommand, type SubmitOutcome, submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
/** Two processes. */
let pools: HotPool[];
let control: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  pools = ['one', 'two'].map((name) => new HotPool({ url: database.apiUrl, applicationName: `test-api-${name}`, maxConnections: 4 }));
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await Promise.all([...pools, control].map((pool) => pool.close()));
  await database.drop();
});

/** A caller's way to its process: groups of its own. */
function processes(): CommandGroup<SubmitCommand, SubmitOutcome>[] {
  return pools.map(
    (pool) =>
      new CommandGroup({
        name: 'submit',
        run: (commands, again) =>
          pool.transaction(
            'submit',
            commands.map(({ tenantId }) => tenantId),
            (tx) => submitAll(tx, commands, again),
          ),
      }),
  );
}

async function submit(...commands: SubmitCommand[]): Promise<SubmitOutcome[]> {
  const groups = processes();
  return Promise.all(commands.map((command, at) => (groups[at % groups.length] as (typeof groups)[number]).add(command)));
}

const idOf = (outcome: SubmitOutcome | undefined) => (outcome && 'id' in outcome ? outcome.id : (outcome?.refused ?? 'nothing'));
const body = (letter: string) => letter.repeat(64);
const countOf = async (tenantId: string) =>
  Number((await control.query<{ n: string }>('SELECT count(*) AS n FROM generations WHERE tenant_id = $1', [tenantId]))[0]?.n);

describe('an idempotency key', () => {
  it('answers the same for the same body, also to both of two processes at once', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 1_000_000_000n), randomUUID()];
    const once = { by: 'key' as const, key: 'order-1' };
    const outcomes = await submit(...Array.from({ length: 40 }, () => anImage(tenantId, { apiKeyId, once })));
    expect(new Set(outcomes.map(idOf)).size).toBe(1);
    const [later] = await submit(anImage(tenantId, { apiKeyId, once }));
    expect(later).toEqual(outcomes[0]);
    expect(await countOf(tenantId)).toBe(1);
  });

  it('refuses another body, and is free again after a refusal', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 5_000_000n), randomUUID()];
    const once = { by: 'key' as const, key: 'order-1' };
    await submit(anImage(tenantId, { apiKeyId, once }));
    expect(await submit(anImage(tenantId, { apiKeyId, once, bodySha256: body('c') }))).toEqual([{ refused: 'idempotency_key_reused' }]);
    const other = { by: 'key' as const, key: 'order-2' };
    const [broke] = await submit(anImage(tenantId, { apiKeyId, once: other }));
    expect(idOf(broke)).toBe('insufficient_credits');
    expect(await control.query(`SELECT 1 FROM idempotency_keys WHERE tenant_id = $1 AND key = 'order-2'`, [tenantId])).toEqual([]);
  });

  it('belongs to its API key', async () => {
    const tenantId = await aTenant(control, 1_000_000_000n);
    const once = { by: 'key' as const, key: 'order-1' };
    const outcomes = await submit(anImage(tenantId, { once }), anImage(tenantId, { once }));
    expect(new Set(outcomes.map(idOf)).size).toBe(2);
  });
});

describe('a create that is sent again without a key', () => {
  const tries = (triesBefore: number) => ({ by: 'tries' as const, triesBefore });

  it('is answered with the generation that the lost answer was about, each of ten with its own, at every try', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 1_000_000_000n), randomUUID()];
    const ten = (triesBefore: number) => Array.from({ length: 10 }, () => anImage(tenantId, { apiKeyId, once: tries(triesBefore) }));
    const first = (await submit(...ten(0))).map(idOf).sort();
    for (const again of [1, 2]) {
      const outcomes = [];
      for (const command of ten(again)) outcomes.push(...(await submit(command)));
      expect(outcomes.map(idOf).sort()).toEqual(first);
    }
    expect(await countOf(tenantId)).toBe(10);
  });

  it('is a new one when nothing was committed, and when its body or key is another', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 1_000_000_000n), randomUUID()];
    await submit(anImage(tenantId, { apiKeyId, once: tries(0) }));
    await submit(anImage(tenantId, { apiKeyId, once: tries(1), bodySha256: body('c') }));
    await submit(anImage(tenantId, { apiKeyId: randomUUID(), once: tries(1) }));
    expect(await countOf(tenantId)).toBe(3);
  });

  it('makes ten of ten identical creates of which one was refused and retried', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 1_000_000_000n), randomUUID()];
    const limits = { concurrent: 9, createsPerMinute: 1_000 };
    const outcomes = await submit(...Array.from({ length: 10 }, () => anImage(tenantId, { apiKeyId, limits, once: tries(0) })));
    expect(outcomes.filter((outcome) => 'refused' in outcome)).toMatchObject([{ refused: 'rate_limited', limit: 'concurrent' }]);
    await endOne(tenantId);
    await untilDue(tenantId);
    const [retried] = await submit(anImage(tenantId, { apiKeyId, limits, once: tries(1) }));
    expect(retried).not.toHaveProperty('refused');
    expect(await countOf(tenantId)).toBe(10);
    expect(await control.query('SELECT 1 FROM booked_slots WHERE tenant_id = $1', [tenantId])).toEqual([]);
  });
});

describe('limits of a key', () => {
  it('admit exactly as many of 1,000 concurrent creates as may be unfinished, and refuse no other', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 10_000_000_000n), randomUUID()];
    const limits = { concurrent: 25, createsPerMinute: 1_000_000 };
    const wish = (bodySha256: string) => anImage(tenantId, { apiKeyId, limits, bodySha256 });
    const bodies = Array.from({ length: 1_000 }, (_, at) => at.toString(16).padStart(64, '0'));
    const outcomes = await submit(...bodies.map(wish));
    expect(outcomes.filter((outcome) => 'id' in outcome)).toHaveLength(25);
    expect(await countOf(tenantId)).toBe(25);
    const [meter] = await pools[0]!.transaction('meter', [tenantId], (tx) =>
      readMeter(tx, [{ tenantId, apiKeyId, family: 'photon', limits }]),
    );
    expect(meter?.used).toEqual({ concurrent: 25, createsPerMinute: 25 });
  });

  it('are of one key and one family', async () => {
    const tenantId = await aTenant(control, 10_000_000_000n);
    const limits = { concurrent: 1, createsPerMinute: 1 };
    const outcomes = await submit(...Array.from({ length: 5 }, () => anImage(tenantId, { limits })));
    expect(outcomes.every((outcome) => 'id' in outcome)).toBe(true);
  });

  it('promise each refusal a slot of its own, which waits for its body and no other', async () => {
    const [tenantId, apiKeyId] = [await aTenant(control, 1_000_000_000n), randomUUID()];
    const limits = { concurrent: 1_000, createsPerMinute: 2 };
    const wish = (bodySha256: string) => anImage(tenantId, { apiKeyId, limits, bodySha256 });
    const outcomes: SubmitOutcome[] = [];
    for (const letter of ['a', 'b', 'c', 'd', 'e']) outcomes.push(...(await submit(wish(body(letter)))));
    const waits = outcomes.flatMap((outcome) => ('retryAfterMs' in outcome ? [Math.round(outcome.retryAfterMs / 60_000)] : []));
    expect(waits).toEqual([1, 1, 2]);

    // A minute goes by: everything that is remembered becomes a minute older, so that c and d are due.
    await passTime(tenantId, 60_000);
    expect((await submit(wish(body('f')))).map(idOf)).toEqual(['rate_limited']);
    expect((await submit(wish(body('c')))).map(idOf)).not.toEqual(['rate_limited']);
    expect((await submit(wish(body('d')))).map(idOf)).not.toEqual(['rate_limited']);
    expect((await submit(wish(body('e')))).map(idOf)).toEqual(['rate_limited']);
  });
});

async function endOne(tenantId: string): Promise<void> {
  const [row] = await control.query<{ id: string }>('SELECT id FROM generations WHERE tenant_id = $1 LIMIT 1', [tenantId]);
  await control.transaction('end', [], (tx) =>
    resolveAll(tx, [{ by: 'customer', kind: 'cancel', tenantId, generationId: row?.id as string, reason: 'for the test' }]),
  );
}

/** Lets the first promised slot be due. */
async function untilDue(tenantId: string): Promise<void> {
  const [row] = await control.query<{ wait_ms: string }>(
    'SELECT min(promised_ms) - extract(epoch FROM clock_timestamp()) * 1000 AS wait_ms FROM booked_slots WHERE tenant_id = $1',
    [tenantId],
  );
  await passTime(tenantId, Math.max(0, Math.ceil(Number(row?.wait_ms))));
}

/** Makes everything that a window remembers older. */
async function passTime(tenantId: string, ms: number): Promise<void> {
  const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  await owner.query('UPDATE booked_slots SET promised_ms = promised_ms - $2, told_ms = told_ms - $2 WHERE tenant_id = $1', [tenantId, ms]);
  await owner.query(
    'UPDATE create_windows SET slots_ms = ARRAY(SELECT slot - $2::bigint FROM unnest(slots_ms) AS slot ORDER BY 1) WHERE tenant_id = $1',
    [tenantId, ms],
  );
  await owner.close();
}
