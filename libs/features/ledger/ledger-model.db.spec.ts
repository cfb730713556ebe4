import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BREAKAGE_ACCOUNT_ID } from '#core/ledger/accounts';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { aTenant } from '#testing/builders';
import { LedgerWorks } from '#testing/ledger-works';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let works: LedgerWorks;
let owner: HotPool;

beforeAll(async () => {
  database = await testDatabase();
  works = await LedgerWorks.over(database, 64);
  owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 8 });
});
afterAll(async () => {
  await works[Symbol.asyncDispose]();
  await owner.close();
  await database.drop();
});

/** What a wave of calls, all made at once, does to one tenant. A number picks one of the holds or grants that are there, whatever became of it. */
const call = fc.oneof(
  fc.record({ kind: fc.constant('topUp' as const), amount: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('hold' as const), amount: fc.integer({ min: 0, max: 40 }), isRepeated: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('settle' as const, 'release' as const, 'refund' as const, 'expire' as const), pick: fc.nat() }),
);
type Call = typeof call extends fc.Arbitrary<infer One> ? One : never;
const waves = fc.array(fc.array(call, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });

type HoldState = 'held' | 'settled' | 'released' | 'refunded';

interface Model {
  grants: { id: string; amount: bigint; isExpired: boolean }[];
  holds: { id: string; amount: bigint; state: HoldState }[];
  /** What went to breakage: which grants a hold burned is the ledger's to know. */
  expired: bigint;
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
      const model: Model = { grants: [], holds: [], expired: 0n };
      for (const wave of history) {
        await makeWave(tenantId, model, wave);
        model.expired = await expiredOf(tenantId);
        expect(model.expired <= sumOfExpired(model)).toBe(true);
        expect(await leftInExpiredGrants(tenantId)).toBe(0n);
        expect(await works.balance(tenantId)).toEqual({ availableMicro: availableOf(model), reservedMicro: sumOf(model, 'held') });
      }
    }),
    { seed, numRuns: 40, verbose: 1 }, // a failure prints its seed
  );
  expect(await ledgerDifferences(works.control)).toEqual([]);
});

async function makeWave(tenantId: string, model: Model, wave: readonly Call[]): Promise<void> {
  const there = [...model.holds];
  const grants = [...model.grants];
  const before = availableOf(model);
  const picked = ({ pick }: { pick: number }) => there[pick % Math.max(1, there.length)];
  const refundsOf = (hold: Model['holds'][number]) => wave.filter((one) => one.kind === 'refund' && picked(one) === hold).length;
  const mayExpire = wave.some(({ kind }) => kind === 'expire');
  let asked = 0n;
  await Promise.all(
    wave.map(async (one) => {
      if (one.kind === 'topUp') {
        const id = randomUUID();
        expect(await works.topUp(tenantId, id, BigInt(one.amount))).toBe(true);
        model.grants.push({ id, amount: BigInt(one.amount), isExpired: false });
        expect(await works.topUp(tenantId, id, BigInt(one.amount))).toBe(false);
        return;
      }
      if (one.kind === 'hold') {
        const [id, amount] = [randomUUID(), BigInt(one.amount)];
        asked += amount;
        const isHeld = await works.hold(tenantId, id, amount);
        if (isHeld) model.holds.push({ id, amount, state: 'held' });
        else expect(mayExpire || asked > before).toBe(true); // all of the wave together would still have been covered
        if (isHeld && one.isRepeated) expect(await works.holdAgain(tenantId, id, amount)).toBe(true);
        return;
      }
      if (one.kind === 'expire') {
        const grant = grants[one.pick % Math.max(1, grants.length)];
        if (!grant) return;
        grant.isExpired = true;
        await owner.query(`UPDATE grants SET expires_at = now() - interval '1 second', expiring_told_at = now() WHERE id = $1`, [grant.id]);
        await works.expireGrants();
        return;
      }
      const hold = picked(one);
      if (!hold) return;
      const stood = hold.state;
      if (one.kind === 'refund') {
        const isRefunded = await works.refund(tenantId, hold.id);
        if (stood === 'settled' && hold.amount > 0n && refundsOf(hold) === 1) expect(isRefunded).toBe(true);
        if (isRefunded) {
          expect(hold.state).not.toMatch(/released|refunded/);
          hold.state = 'refunded';
        }
        return;
      }
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
        if (hold.state === 'held') hold.state = 'settled'; // a refund of this wave may have been answered first
      }
      if (stood !== 'held') expect(isEnded).toBe(stood !== 'released');
    }),
  );
}

function availableOf(model: Model): bigint {
  const granted = model.grants.reduce((sum, { amount }) => sum + amount, 0n);
  return granted - sumOf(model, 'held') - sumOf(model, 'settled') - model.expired;
}

function sumOf({ holds }: Model, state: HoldState): bigint {
  return holds.filter((hold) => hold.state === state).reduce((sum, { amount }) => sum + amount, 0n);
}

function sumOfExpired({ grants }: Model): bigint {
  return grants.filter(({ isExpired }) => isExpired).reduce((sum, { amount }) => sum + amount, 0n);
}

async function expiredOf(tenantId: string): Promise<bigint> {
  const [row] = await works.control.query<{ expired: string }>(
    'SELECT coalesce(sum(amount_micro), 0) AS expired FROM transfers WHERE tenant_id = $1 AND credit_account_id = $2',
    [tenantId, BREAKAGE_ACCOUNT_ID],
  );
  return BigInt(row?.expired ?? 0);
}

async function leftInExpiredGrants(tenantId: string): Promise<bigint> {
  const [row] = await works.control.query<{ remaining: string }>(
    `SELECT coalesce(sum(a.balance_micro), 0) AS remaining
       FROM accounts a JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id
      WHERE a.tenant_id = $1 AND g.expires_at <= now()`,
    [tenantId],
  );
  return BigInt(row?.remaining ?? 0);
}
