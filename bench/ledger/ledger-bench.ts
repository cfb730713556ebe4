import type { Bench, BenchContext } from '#bench/bench';
import { benchDatabase, benchPostgres } from '#bench/database';
import { OneByOne } from '#bench/ledger/baseline';
import { Grouped } from '#bench/ledger/grouped';
import { growthRounds } from '#bench/ledger/growth';
import { type BenchTenant, benchTenants } from '#bench/ledger/tenants';
import { type Load, loadFor } from '#bench/load';
import { type Measurement, measurementOf, type Sample } from '#bench/measurement';

const CLIENTS = 64;
const MANY_CLIENTS = 1_000;
const SPREAD_TENANTS = 2_000;
const PRICE_MICRO = 5_000_000n;
const LOAD_MS = 3_000;
const WARM_UP_MS = 1_500;

export const ledgerBench: Bench = {
  summary: 'reserves a second on one hot account, over many, and after millions, against one SQL function a reserve',
  run: measureLedger,
};

async function* measureLedger(context: BenchContext): AsyncIterable<Measurement> {
  const of = (metric: string, unit: string, rounds: Sample[]) => measurementOf('ledger', metric, unit, rounds);
  const serverUrl = await benchPostgres(context);
  await using database = await benchDatabase(serverUrl, context);
  context.report(`making ${SPREAD_TENANTS} tenants`);
  const tenants = await benchTenants(database.databaseControlUrl, SPREAD_TENANTS);
  const rounds = await measureRounds(context, tenants, database.ownerUrl, database.databaseApiUrl);
  yield of(
    'hot_reserves_per_s_64',
    '1/s',
    rounds.map(({ hot64, baseline }) => ({ ours: hot64.perSecond, baseline: baseline.perSecond })),
  );
  yield of(
    'hot_reserves_per_s_1000',
    '1/s',
    rounds.map(({ hot1000, baseline }) => ({ ours: hot1000.perSecond, baseline: baseline.perSecond })),
  );
  yield of(
    'reserve_p99_ms',
    'ms',
    rounds.map(({ hot1000, baseline }) => ({ ours: hot1000.p99Ms, baseline: baseline.p99Ms })),
  );
  // What many accounts cost is compared with ours on one, with as many in flight.
  yield of(
    'spread_reserves_per_s',
    '1/s',
    rounds.map(({ spread64, hot64 }) => ({ ours: spread64.perSecond, baseline: hot64.perSecond })),
  );
  yield of(
    'spread_reserves_per_s_1000',
    '1/s',
    rounds.map(({ spread1000, hot1000 }) => ({ ours: spread1000.perSecond, baseline: hot1000.perSecond })),
  );
  if (context.quick) return;
  yield of('growth_1e4_to_1e7', 'times the cost of a transfer', await growthRounds(serverUrl, context));
}

interface Round {
  baseline: Load;
  hot64: Load;
  hot1000: Load;
  spread64: Load;
  spread1000: Load;
}

async function measureRounds(context: BenchContext, tenants: readonly BenchTenant[], ownerUrl: string, apiUrl: string): Promise<Round[]> {
  await using oneByOne = await OneByOne.over(ownerUrl, CLIENTS);
  await using grouped = new Grouped(apiUrl);
  // The two hot accounts are apart, so that neither pays for the dead rows of the other.
  const [hotBaseline, hot] = tenants as [BenchTenant, BenchTenant];
  const anyTenant = () => tenants[Math.floor(Math.random() * tenants.length)] as BenchTenant;
  const reserveOneByOne = () => oneByOne.reserve(hotBaseline, PRICE_MICRO);
  const reserveHot = () => grouped.reserve(hot, PRICE_MICRO);
  const reserveAnywhere = () => grouped.reserve(anyTenant(), PRICE_MICRO);

  context.report('warming up');
  await loadFor(WARM_UP_MS, CLIENTS, reserveOneByOne);
  await loadFor(WARM_UP_MS, MANY_CLIENTS, reserveHot);
  await loadFor(WARM_UP_MS, MANY_CLIENTS, reserveAnywhere);
  const rounds: Round[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    context.report(`round ${round} of ${context.rounds}`);
    rounds.push({
      baseline: await loadFor(LOAD_MS, CLIENTS, reserveOneByOne),
      hot64: await loadFor(LOAD_MS, CLIENTS, reserveHot),
      hot1000: await loadFor(LOAD_MS, MANY_CLIENTS, reserveHot),
      spread64: await loadFor(LOAD_MS, CLIENTS, reserveAnywhere),
      spread1000: await loadFor(LOAD_MS, MANY_CLIENTS, reserveAnywhere),
    });
  }
  return rounds;
}
