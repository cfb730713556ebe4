import type { BenchContext } from '#bench/bench';
import { type BenchDatabase, benchDatabase, copyOf, withOwner } from '#bench/database';
import { Grouped } from '#bench/ledger/grouped';
import { type BenchTenant, benchTenants } from '#bench/ledger/tenants';
import { loadOf } from '#bench/load';
import type { Sample } from '#bench/measurement';

const FEW_TRANSFERS = 10_000;
const MANY_TRANSFERS = 10_000_000;
/** Few beside what is there already, many beside the noise. */
const RESERVES = 30_000;
const WARM_UP_RESERVES = 3_000;
const IN_FLIGHT = 1_000;
const PRICE_MICRO = 1n;

/** How many times more a reserve costs on an account with 10⁷ transfers than on one with 10⁴. Aimed at: nearly once. */
export async function growthRounds(serverUrl: string, context: BenchContext): Promise<Sample[]> {
  await using few = await benchDatabase(serverUrl, context);
  await using many = await benchDatabase(serverUrl, context);
  const [ofFew] = (await benchTenants(few.databaseControlUrl, 1)) as [BenchTenant];
  const [ofMany] = (await benchTenants(many.databaseControlUrl, 1)) as [BenchTenant];
  await copyTransfers(few, ofFew, FEW_TRANSFERS);
  context.report(`copying ${MANY_TRANSFERS.toLocaleString('en')} transfers`);
  await copyTransfers(many, ofMany, MANY_TRANSFERS);

  const rounds: Sample[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    context.report(`round ${round} of ${context.rounds}`);
    await using small = await copyOf(serverUrl, few); // a fresh one each time: it must not grow with the rounds
    const costAtFew = 1 / (await reservesPerSecond(small, ofFew));
    const costAtMany = 1 / (await reservesPerSecond(many, ofMany));
    rounds.push({ ours: costAtMany / costAtFew, baseline: 1 });
  }
  return rounds;
}

async function reservesPerSecond({ databaseApiUrl, ownerUrl }: BenchDatabase, tenant: BenchTenant): Promise<number> {
  await withOwner(ownerUrl, (owner) => owner.query('CHECKPOINT')); // what was written before must not be paid for now
  await using grouped = new Grouped(databaseApiUrl);
  const reserve = () => grouped.reserve(tenant, PRICE_MICRO);
  await loadOf(WARM_UP_RESERVES, IN_FLIGHT, reserve);
  return (await loadOf(RESERVES, IN_FLIGHT, reserve)).perSecond;
}

/** Loads past reserves of a tenant by COPY, with ids that grow with time as those of real ones do, into the indexes as they are. */
async function copyTransfers({ ownerUrl }: BenchDatabase, { tenantId, availableAccountId, reservedAccountId }: BenchTenant, count: number) {
  await withOwner(ownerUrl, async (owner) => {
    const { rows } = await owner.query("SELECT current_setting('data_directory') || '/bench-transfers' AS file");
    const file = owner.escapeLiteral(rows[0].file);
    await owner.query(
      `COPY (SELECT '${tenantId}'::uuid, uuidv7(ago), '${availableAccountId}'::uuid, '${reservedAccountId}'::uuid, 1::bigint, 'reserve'::text,
                    uuidv7(ago), 0::smallint, now() + ago
               FROM generate_series(${count}, 1, -1) AS n, make_interval(secs => -0.01 * n) AS ago) TO ${file} (FORMAT binary)`,
    );
    await owner.query(
      `COPY transfers (tenant_id, id, debit_account_id, credit_account_id, amount_micro, code, generation_id, leg, created_at) FROM ${file} (FORMAT binary)`,
    );
    await owner.query(`COPY (SELECT) TO ${file}`);
    await owner.query('VACUUM (ANALYZE) transfers');
  });
}
