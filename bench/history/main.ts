import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchDatabase, benchPostgres } from '#bench/database';
import { makeHistory } from '#bench/history/history';
import { seededRandom } from '#core/generations/seeded-random';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { removePostgresData } from '#infra/local/servers/postgres';
import { Supervisor } from '#infra/local/supervisor';
import { whenAskedToEnd } from '#infra/local/when-asked-to-end';
import { aTenant } from '#testing/builders';
import { LedgerWorks } from '#testing/ledger-works';

const HELP = `npm run ledger:history -- --out FILE [options]

Lets clients call the real ledger on a real Postgres at the same time, and writes each finished call as a JSON line for a linearizability checker.

  --out FILE     where the lines go
  --accounts N   accounts, each of a tenant of its own (default 100)
  --ops N        calls on each account (default 300)
  --clients N    clients that call at the same time (default 8)
  --seed N       what the calls are; their interleaving is the machine's (default: random, printed)
  --help`;

const askedToEnd = whenAskedToEnd();

try {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      accounts: { type: 'string', default: '100' },
      ops: { type: 'string', default: '300' },
      clients: { type: 'string', default: '8' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else {
    if (!values.out) throw new Error('--out wants a file. See npm run ledger:history -- --help');
    const count = (name: 'accounts' | 'ops' | 'clients' | 'seed') => {
      const value = Number(values[name]);
      if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} wants a whole number above 0, not "${values[name]}"`);
      return value;
    };
    await writeHistory(values.out, { accounts: count('accounts'), ops: count('ops'), clients: count('clients'), seed: count('seed') });
  }
  process.exit();
} catch (error) {
  console.error(`halogen: ${(error as Error).message}`);
  process.exit(1);
}

async function writeHistory(file: string, given: { accounts: number; ops: number; clients: number; seed: number }): Promise<void> {
  const homeDir = await mkdtemp(join(tmpdir(), 'halogen-history-'));
  const report = (line: string) => console.error(line);
  const supervisor = new Supervisor({ logFolder: join(homeDir, 'logs'), report });
  try {
    const ended = askedToEnd.then((why) => Promise.reject(new Error(`ended by ${why}`)));
    await Promise.race([record(file, given, { homeDir, supervisor, report }), ended]);
  } finally {
    await supervisor.stop();
    await removePostgresData(homeDir);
    await rm(homeDir, { recursive: true, force: true });
  }
}

async function record(
  file: string,
  { accounts, ops, clients, seed }: { accounts: number; ops: number; clients: number; seed: number },
  context: Parameters<typeof benchPostgres>[0],
): Promise<void> {
  const serverUrl = await benchPostgres(context);
  await using database = await benchDatabase(serverUrl, context);
  await using works = await LedgerWorks.over({ apiUrl: database.databaseApiUrl, controlUrl: database.databaseControlUrl }, clients);
  const tenantIds: string[] = [];
  for (let made = 0; made < accounts; made += 1) tenantIds.push(await aTenant(works.control, 0n));
  const out = createWriteStream(file);
  await once(out, 'open');
  context.report(`${accounts} accounts, ${ops} calls on each by ${clients} clients, seed ${seed}`);
  let calls = 0;
  await makeHistory(works, { tenantIds, callsAnAccount: ops, clients }, seededRandom(seed), (call) => {
    calls += 1;
    out.write(`${JSON.stringify(call)}\n`);
  });
  out.end();
  await once(out, 'finish');
  const differences = await ledgerDifferences(works.control);
  for (const { invariant, tenantId, what } of differences) console.log(`${invariant}: tenant ${tenantId}: ${what}`);
  console.log(`${calls} calls written to ${file}; ${differences.length} differences in the ledger afterwards`);
  if (differences.length > 0) process.exitCode = 1;
}
