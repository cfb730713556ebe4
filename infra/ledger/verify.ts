import { parseArgs } from 'node:util';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { rebuildBalances } from '#features/ledger/rebuild-balances.service';
import { databaseOf } from '#infra/ledger/database-of';
import { HotPool } from '#platform/database/hot-pool';

const HELP = `npm run ledger:verify -- [options]

Proves the ledger: every balance is the fold of its transfers, every generation was paid for once. Prints each difference; exits with 1 if there is one.

  --database URL    of an owner or of halogen_control; or DATABASE_URL
  --home DIR        of a running installation (default .halogen)
  --rebuild TENANT  first writes this tenant's balances anew from its transfers; what changes is audited
  --help`;

try {
  process.exit(await verify(process.argv.slice(2)));
} catch (error) {
  console.error(`halogen: ${(error as Error).message}`);
  process.exit(1);
}

async function verify(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      database: { type: 'string' },
      home: { type: 'string' },
      rebuild: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const pool = new HotPool({ url: await databaseOf(values), applicationName: 'halogen-ledger-verify', maxConnections: 1 });
  try {
    if (values.rebuild) await rebuild(pool, values.rebuild);
    return await report(pool);
  } finally {
    await pool.close();
  }
}

async function rebuild(pool: HotPool, tenantId: string): Promise<void> {
  const rebuilt = await pool.transaction('rebuild balances', [], async (tx) => {
    await tx.query('SET LOCAL statement_timeout = 0');
    return rebuildBalances(tx, tenantId, 'ledger:verify');
  });
  for (const { accountId, previousMicro, balanceMicro } of rebuilt) {
    console.log(`account ${accountId} held ${previousMicro}, now ${balanceMicro}, the fold of its transfers`);
  }
  console.log(`${rebuilt.length} balances rebuilt`);
}

async function report(pool: HotPool): Promise<number> {
  const [differences, size] = await pool.transaction('verify', [], async (tx) => {
    await tx.query('SET LOCAL statement_timeout = 0');
    const found = await ledgerDifferences(tx);
    return [
      found,
      await tx.query<{ tenants: string; transfers: string }>(
        'SELECT (SELECT count(*) FROM tenants) AS tenants, (SELECT count(*) FROM transfers) AS transfers',
      ),
    ] as const;
  });
  for (const { invariant, tenantId, what } of differences) console.log(`${invariant}: ${tenantId ? `tenant ${tenantId}: ` : ''}${what}`);
  console.log(`${differences.length} differences in ${size[0]?.transfers} transfers of ${size[0]?.tenants} tenants`);
  return differences.length === 0 ? 0 : 1;
}
