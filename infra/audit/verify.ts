import { parseArgs } from 'node:util';
import { auditBreaks } from '#features/audit/audit-chain.service';
import { databaseOf } from '#infra/ledger/database-of';
import { HotPool } from '#platform/database/hot-pool';

const HELP = `npm run audit:verify -- [options]

Proves the audit log: every entry is what was sealed, none is missing. Prints each break; exits with 1 if there is one.

  --database URL    of an owner or of halogen_control; or DATABASE_URL
  --home DIR        of a running installation (default .halogen)
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
    options: { database: { type: 'string' }, home: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const pool = new HotPool({ url: await databaseOf(values), applicationName: 'halogen-audit-verify', maxConnections: 1 });
  try {
    const breaks = await pool.transaction('verify', [], auditBreaks);
    const [size] = await pool.query<{ sealed: string; waiting: string }>(
      'SELECT (SELECT count(*) FROM audit_seals) AS sealed, (SELECT count(*) FROM audit_pending) AS waiting',
    );
    for (const line of breaks) console.log(line);
    console.log(`${breaks.length} breaks in ${size?.sealed} sealed entries; ${size?.waiting} wait for their seal`);
    return breaks.length === 0 ? 0 : 1;
  } finally {
    await pool.close();
  }
}
