import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeaseLost } from '#core/generations/lease-lost';
import { resolveAll } from '#features/generations/resolve-group';
import { RunsService } from '#features/generations/runs.service';
import { type SubmitCommand, type SubmitOutcome, submitAll } from '#features/generations/submit-group';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { CommandGroup } from '#platform/database/command-group';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { admitted, aNode, anImage, aTenant } from '#testing/builders';
import { type TestDatabase, testDatabase } from '#testing/test-database';

let database: TestDatabase;
let api: HotPool;
let control: HotPool;
let runs: RunsService;
let submits: CommandGroup<SubmitCommand, SubmitOutcome>;
let nodeId: string;

beforeAll(async () => {
  database = await testDatabase();
  api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 8 });
  control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 8 });
  runs = new RunsService(control);
  submits = new CommandGroup({ name: 'submit', run: (commands, again) => submitTogether(commands, again) });
  nodeId = await aNode(control, 40);
});
afterAll(async () => {
  expect(await ledgerDifferences(control)).toEqual([]);
  await api.close();
  await control.close();
  await database.drop();
});

const fiveCredits = 5_000_000n;

it('reserves for as many of a group as the credits cover, and each caller gets its own outcome', async () => {
  const poor = await aTenant(control, 3n * fiveCredits);
  const rich = await aTenant(control, 100n * fiveCredits);
  const commands = Array.from({ length: 40 }, (_, at) => anImage(at % 2 ? rich : poor));
  const outcomes = await Promise.all(commands.map((command) => submits.add(command)));

  const accepted = (tenantId: string) =>
    outcomes.filter((outcome, at) => commands[at]?.tenantId === tenantId && 'createdAt' in outcome).length;
  expect([accepted(poor), accepted(rich)]).toEqual([3, 20]);
  expect(outcomes.filter((outcome) => 'refused' in outcome)).toHaveLength(17);
  expect(await statesOf(poor)).toEqual({ queued: 3 });
});

it('takes its own committed row for success when the answer to a commit was lost', async () => {
  const command = anImage(await aTenant(control, 2n * fiveCredits));
  const [first] = await submitTogether([command], false);
  const [second] = await submitTogether([command], true);
  expect(second).toEqual(first);
  expect(await balancesOf(command.tenantId)).toEqual({ available: fiveCredits, reserved: fiveCredits });
});

it('wakes the schedulers of the pool classes that it is about, and no others', async () => {
  const notifications = new Notifications(database.controlUrl, 'test-listener');
  const woken: (string | undefined)[] = [];
  const told = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<void>();
  notifications.on('halogen_scheduler', (poolClass) => {
    if (poolClass === undefined) listening.resolve();
    else woken.push(poolClass);
    if (poolClass === 'last') told.resolve();
  });
  await listening.promise;

  const { command, lease } = await aRun();
  await runs.settle(lease);
  await control.query(`SELECT pg_notify('halogen_scheduler', 'last')`);
  await told.promise;
  await notifications.close();
  const { poolClass } = command.quote;
  expect(woken).toEqual([poolClass, poolClass, 'last']);
});

it('does not let one bad member fail its neighbours', async () => {
  const tenantId = await aTenant(control, 10n * fiveCredits);
  const bad = anImage(tenantId, { prompt: 'NUL is no text: \0' });
  const outcomes = await Promise.allSettled([anImage(tenantId), bad, anImage(tenantId)].map((command) => submits.add(command)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await statesOf(tenantId)).toEqual({ queued: 2 });
});

it('settles once, and answers what stands when the answer of a committed settle was lost', async () => {
  const { lease, command } = await aRun();
  expect(await runs.settle(lease)).toBe('completed');
  expect(await runs.settle(lease)).toBe('completed');
  expect(await balancesOf(command.tenantId)).toEqual({ available: 0n, reserved: 0n });
  expect(await codesOf(command.id)).toEqual(['reserve', 'settle']);
  expect(await control.query('SELECT 1 FROM lane_occupancies WHERE generation_id = $1', [command.id])).toEqual([]);
});

it('returns everything when a run fails, and keeps the reason', async () => {
  const { lease, command } = await aRun();
  expect(await runs.release(lease, 'Contains blacklisted words')).toBe('failed');
  expect(await balancesOf(command.tenantId)).toEqual({ available: fiveCredits, reserved: 0n });
  const [row] = await control.query('SELECT state, failure_reason FROM generations WHERE id = $1', [command.id]);
  expect(row).toEqual({ state: 'failed', failure_reason: 'Contains blacklisted words' });
});

it('refuses every write under an old fence and changes nothing', async () => {
  const { lease, command } = await aRun();
  await runs.handBack(lease);
  const newer = await admitted(control, command, `${nodeId}/${lane++}`);
  const lateWrites = [
    () => runs.settle(lease),
    () => runs.release(lease, 'late'),
    () => runs.saveCheckpoint(lease, 'render', 0, {}),
    () => runs.publish(lease, { image: 'a/b.jpg' }, command.quote.output),
    () => runs.load(lease),
  ];
  for (const write of lateWrites) await expect(write()).rejects.toBeInstanceOf(LeaseLost);
  await runs.handBack(lease); // a lost lease needs no hand-back
  expect(await codesOf(command.id)).toEqual(['reserve']);
  expect(await statesOf(command.tenantId)).toEqual({ admitted: 1 });
  expect(await runs.settle(newer)).toBe('completed');
});

it('keeps the checkpoint of whoever finished a stage first', async () => {
  const { lease } = await aRun();
  await runs.saveCheckpoint(lease, 'render', 0, { artifacts: ['first'] });
  await runs.saveCheckpoint(lease, 'render', 0, { artifacts: ['second'] });
  expect((await runs.load(lease)).checkpoints).toEqual([{ stage: 'render', round: 0, outcome: { artifacts: ['first'] } }]);
});

it('lets exactly one of cancel and settle win', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { lease, command } = await aRun();
    const [cancelled, settled] = await Promise.allSettled([cancel(command), runs.settle(lease)]);
    if (cancelled.status !== 'fulfilled') throw cancelled.reason;
    const [row] = await control.query<{ state: string }>('SELECT state FROM generations WHERE id = $1', [command.id]);
    if ('state' in cancelled.value) {
      // A run whose generation was cancelled under its fence learns how it ended.
      expect(settled).toMatchObject({ status: 'fulfilled', value: 'cancelled' });
      expect(row?.state).toBe('cancelled');
      expect(await codesOf(command.id)).toEqual(['reserve', 'release']);
    } else {
      expect(cancelled.value).toEqual({ refused: 'already_final' });
      expect(row?.state).toBe('completed');
      expect(await codesOf(command.id)).toEqual(['reserve', 'settle']);
    }
  }
});

it('fails a generation after too many lost leases, and charges nothing', async () => {
  const command = anImage(await aTenant(control, fiveCredits));
  await submitTogether([command], false);
  for (let lost = 0; lost < 5; lost += 1) {
    const lease = await admitted(control, command, `${nodeId}/${lane++}`);
    await runs.handBack(lease);
  }
  expect(await statesOf(command.tenantId)).toEqual({ failed: 1 });
  expect(await balancesOf(command.tenantId)).toEqual({ available: fiveCredits, reserved: 0n });
});

it('announces a run as begun before its end, even if it was too quick to be seen beginning', async () => {
  const { lease, command } = await aRun({ callbackUrl: 'http://127.0.0.1/callback' });
  await runs.settle(lease);
  const rows = await control.query<{ topic: string }>(
    `SELECT topic FROM outbox WHERE generation_id = $1 AND consumer = 'delivery' ORDER BY id`,
    [command.id],
  );
  expect(rows.map(({ topic }) => topic)).toEqual(['dreaming', 'completed']);
});

it('never changes a transfer', async () => {
  const { command } = await aRun();
  const owner = new HotPool({ url: database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  for (const sql of ['UPDATE transfers SET amount_micro = 1', 'DELETE FROM transfers', 'TRUNCATE transfers', 'DELETE FROM resolutions']) {
    await expect(owner.query(sql)).rejects.toThrow('never changed');
  }
  await owner.close();
  expect(await codesOf(command.id)).toEqual(['reserve']);
});

let lane = 0;

async function aRun(more: Partial<SubmitCommand> = {}) {
  const command = anImage(await aTenant(control, fiveCredits), more);
  await submitTogether([command], false);
  return { command, lease: await admitted(control, command, `${nodeId}/${lane++}`) };
}

function submitTogether(commands: readonly SubmitCommand[], again: boolean): Promise<SubmitOutcome[]> {
  const tenantIds = commands.map(({ tenantId }) => tenantId);
  return api.transaction('submit', tenantIds, (tx) => submitAll(tx, commands, again));
}

async function cancel({ tenantId, id }: SubmitCommand) {
  const [outcome] = await api.transaction('cancel', [tenantId], (tx) =>
    resolveAll(tx, [{ by: 'customer', kind: 'cancel', tenantId, generationId: id, reason: 'Cancelled' }]),
  );
  if (!outcome) throw new Error('no outcome');
  return outcome;
}

async function balancesOf(tenantId: string) {
  const rows = await control.query<{ kind: string; balance: string }>(
    `SELECT kind, sum(balance_micro)::text AS balance FROM accounts WHERE tenant_id = $1 AND kind <> 'spent' GROUP BY kind`,
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, BigInt(balance)]));
}

async function statesOf(tenantId: string) {
  const rows = await control.query<{ state: string; count: number }>(
    'SELECT state, count(*)::int AS count FROM generations WHERE tenant_id = $1 GROUP BY state',
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function codesOf(generationId: string) {
  const rows = await control.query<{ code: string }>('SELECT code FROM transfers WHERE generation_id = $1 ORDER BY id', [generationId]);
  return rows.map(({ code }) => code);
}
