import { auditBreaks } from '#features/audit/audit-chain.service';
import { runVerifier } from '#infra/verify/verifier';
import type { HotPool } from '#platform/database/hot-pool';

await runVerifier({
  applicationName: 'halogen-audit-verify',
  help: `npm run audit:verify -- [options]

Proves the audit log: every entry is what was sealed, none is missing. Prints each break; exits with 1 if there is one.`,
  verify,
});

async function verify(pool: HotPool): Promise<number> {
  const breaks = await pool.transaction('verify', [], auditBreaks);
  const [size] = await pool.query<{ sealed: string; waiting: string }>(
    'SELECT (SELECT count(*) FROM audit_seals) AS sealed, (SELECT count(*) FROM audit_pending) AS waiting',
  );
  for (const line of breaks) console.log(line);
  console.log(`${breaks.length} breaks in ${size?.sealed} sealed entries; ${size?.waiting} wait for their seal`);
  return breaks.length;
}
