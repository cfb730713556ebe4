import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { aTenant } from '#testing/builders';
import { LedgerWorks } from '#testing/ledger-works';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let works: LedgerWorks;

beforeAll(async () => {
  database = await testDatabase();
  works = await LedgerWorks.over(database, 64);
});
afterAll(async () => {
  await works[Symbol.asyncDispose]();
  await database.drop();
});

/** What a wave of calls, all made at once, does to one tenant. A number picks one of the holds that are there, whatever became of it. */
const call = fc.oneof(
  fc.record({ kind: fc.constant('topUp' as const), amount: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('hold' as const), amount: fc.integer({ min: 0, max: 40 }), isRepeated: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('settle' as const, 'release' as const), pick: fc.nat() }),
);
type Call = typeof call extends fc.Arbitrary<infer One> ? One : never;
const waves = fc.array(fc.array(call, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });

interface Model {
  granted: bigint;
  holds: { id: string; amount: bigint; state: 'held' | 'settled' | 'released' }[];
}

/**
 * Calls of one wave may take effect in any order, so the model follows the answers and checks what no order may break: a hold is refused only
 * if some order leaves too little, nothing ends twice, and in the pauses between waves the balances are exactly what the answers add up to.
 */
it('answers as the model of an account does, whatever is called at once', async () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  await fc.assert(
    fc.asyncProperty(waves, async (history) => {
      const tenantId = await aTenant(works.control, 0n);
      const model: Model = { granted: 0n, holds: [] };
      for (const wave of history) {
        await makeWave(tenantId, model, wave);
        expect(await works.balance(tenantId)).toEqual({ availableMicro: availableOf(model), reservedMicro: sumOf(model, 'held') });
      }
    }),
    { seed, numRuns: 40, verbose: 1 }, // a failure prints its seed
  );
  expect(await ledgerDifferences(works.control)).toEqual([]);
});

async function makeWave(tenantId: string, model: Model, wave: readonly Call[]): Promise<void> {
  const there = [...model.holds];
  const before = availableOf(model);
  let asked = 0n;
  await Promise.all(
    wave.map(async (one) => {
      if (one.kind === 'topUp') {
        const id = randomUUID();
        expect(await works.topUp(tenantId, id, BigInt(one.amount))).toBe(true);
        model.granted += BigInt(one.amount);
        expect(await works.topUp(tenantId, id, BigInt(one.amount))).toBe(false);
        return;
      }
      if (one.kind === 'hold') {
        const [id, amount] = [randomUUID(), BigInt(one.amount)];
        asked += amount;
        const isHeld = await works.hold(tenantId, id, amount);
        if (isHeld) model.holds.push({ id, amount, state: 'held' });
        else expect(asked > before).toBe(true); // all of the wave together would still have been covered
        if (isHeld && one.isRepeated) expect(await works.holdAgain(tenantId, id, amount)).toBe(true);
        return;
      }
      const hold = there[one.pick % Math.max(1, there.length)];
      if (!hold) return;
      const stood = hold.state;
      const isEnded =
        one.kind === 'release' ? await works.release(tenantId, hold.id) : (await works.settle(tenantId, hold.id)) !== 'refused';
      if (one.kind === 'release') {
        if (isEnded) {
          expect(hold.state).toBe('held');
          hold.state = 'released';
        }
        return;
      }
      if (isEnded) {
        expect(hold.state).not.toBe('released');
        hold.state = 'settled';
      }
      if (stood !== 'held') expect(isEnded).toBe(stood === 'settled');
    }),
  );
}

function availableOf(model: Model): bigint {
  return model.granted - sumOf(model, 'held') - sumOf(model, 'settled');
}

function sumOf({ holds }: Model, state: 'held' | 'settled' | 'released'): bigint {
  return holds.filter((hold) => hold.state === state).reduce((sum, { amount }) => sum + amount, 0n);
}
