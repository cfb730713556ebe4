import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { rebuildBalances } from '#features/ledger/rebuild-balances.service';
import { runVerifier } from '#infra/verify/verifier';
import type { HotPool } from '#platform/database/hot-pool';

await runVerifier({
  applicationName: 'halogen-ledger-verify',
  help: `npm run ledger:verify -- [options]

Proves the ledger: every balance is the fold of its transfers, every generation was paid for once. Prints each difference; exits with 1 if there is one.`,
  option: {
    name: 'rebuild',
    help: "  --rebuild TENANT  first writes this tenant's balances anew from its transfers; what changes is audited",
  },
  verify,
});

async function verify(pool: HotPool, rebuiltTenantId: string | undefined): Promise<number> {
  if (rebuiltTenantId) await rebuild(pool, rebuiltTenantId);
  return await report(pool);
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
  return differences.length;
}
