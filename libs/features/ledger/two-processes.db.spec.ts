import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { aTenant } from '#testing/builders';
import { LedgerWorks } from '#testing/ledger-works';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let processes: LedgerWorks[];

beforeAll(async () => {
  database = await testDatabase();
  // Each has pools and groups of its own, as two API processes have.
  processes = await Promise.all([LedgerWorks.over(database, 8), LedgerWorks.over(database, 8)]);
});
afterAll(async () => {
  for (const works of processes) await works[Symbol.asyncDispose]();
  await database.drop();
});

it('lets two processes spend one hot account to the last credit, and not one further', async () => {
  const [first] = processes as [LedgerWorks, LedgerWorks];
  const tenantId = await aTenant(first.control, 300n);
  const outcomes = await Promise.all(Array.from({ length: 800 }, (_, at) => processes[at % 2]?.hold(tenantId, randomUUID(), 1n)));
  expect(outcomes.filter((isHeld) => isHeld)).toHaveLength(300);
  expect(await first.balance(tenantId)).toEqual({ availableMicro: 0n, reservedMicro: 300n });
  expect(await ledgerDifferences(first.control)).toEqual([]);
});

it('ends each hold once, whichever process settles or releases it', async () => {
  const [first, second] = processes as [LedgerWorks, LedgerWorks];
  const tenantId = await aTenant(first.control, 40n);
  const ids = Array.from({ length: 40 }, () => randomUUID());
  await Promise.all(ids.map((id, at) => processes[at % 2]?.hold(tenantId, id, 1n)));
  const ended: string[] = [];
  const contenders = ids.map((id) => async () => {
    const [settled, released] = await Promise.all([first.settle(tenantId, id), second.release(tenantId, id)]);
    expect(settled === 'settled').toBe(!released);
    ended.push(settled);
  });
  while (contenders.length > 0) await Promise.all(contenders.splice(0, 8).map((contend) => contend()));
  const settledMicro = BigInt(ended.filter((outcome) => outcome === 'settled').length);
  expect(await first.balance(tenantId)).toEqual({ availableMicro: 40n - settledMicro, reservedMicro: 0n });
  expect(await ledgerDifferences(first.control)).toEqual([]);
});
