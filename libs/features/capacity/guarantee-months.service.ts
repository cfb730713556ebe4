import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { addMonths, type Day, type DayRange, isoDay } from '#core/capacity/days';
import {
  type GuaranteeKept,
  keptPct,
  type MissedStart,
  PrivatePartition,
  type RecordedStart,
  serviceCredit,
} from '#core/capacity/guarantee-kept';
import { lendingCredit } from '#core/capacity/lending';
import { priceOfDays } from '#core/capacity/prices';
import { changesOf, type Steps, stepsOf, stretches } from '#core/capacity/steps';
import { LENDING_ACCOUNT_ID, SERVICE_CREDITS_ACCOUNT_ID } from '#core/ledger/accounts';
import { formatCredits } from '#core/ledger/credits';
import { dateOf, dayNumber } from '#features/capacity/order-book-rows';
import { recordEvents } from '#features/events/events.service';
import { grantCredits } from '#features/ledger/grants.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 600_000;
const MS_PER_DAY = 86_400_000;
const MINUTES_PER_DAY = 1_440;
const STARTS_PER_READ = 5_000;
const MAX_MONTHS_PER_SWEEP = 1_000;

interface Owner {
  tenantId: string;
  poolClass: string;
}

interface KeptMonth extends GuaranteeKept {
  misses: readonly MissedStart[];
}

interface Held extends DayRange {
  units: number;
  unitMonthCents: number;
  /** When the commitment's months begin. */
  monthsFrom: Day;
}

/** Closes each month of each tenant's units: how the guarantee was kept, what is credited for what was not, and for what was lent. */
@Injectable()
export class GuaranteeMonths extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'guarantee months', everyMs: SWEEP_EVERY_MS });
  }

  /** Closes the month before this one, where it is not closed yet. */
  async sweep(now = new Date()): Promise<void> {
    const thisMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) / MS_PER_DAY;
    const month = { startsOn: addMonths(thisMonth, -1), endsOn: thisMonth };
    const owners = await this.pool.query<Owner>(
      `SELECT DISTINCT k.tenant_id AS "tenantId", k.pool_class AS "poolClass" FROM commitments k
        WHERE k.state <> 'cancelled' AND k.starts_on < ${dateOf('$2::int')} AND k.ends_on > ${dateOf('$1::int')} AND k.ends_on > k.starts_on
          AND NOT EXISTS (SELECT 1 FROM guarantee_months m
                           WHERE m.tenant_id = k.tenant_id AND m.pool_class = k.pool_class AND m.month = ${dateOf('$1::int')})
        LIMIT ${MAX_MONTHS_PER_SWEEP}`,
      [month.startsOn, month.endsOn],
    );
    for (const owner of owners) {
      if (this.isStopping) return;
      await this.close(owner, month);
    }
  }

  private async close(owner: Owner, month: DayRange): Promise<void> {
    const { held, units } = await this.pool.transaction('read units of month', [], (tx) => readUnits(tx, owner, month));
    const { misses, ...kept } = await this.keptIn(owner, month, units);
    const [lent] = await this.pool.query<{ unit_minutes: number }>(
      `SELECT coalesce(sum(lent_units), 0)::float8 AS unit_minutes FROM utilization_minutes
        WHERE tenant_id = $1 AND pool_class = $2 AND minute >= ${dateOf('$3::int')} AND minute < ${dateOf('$4::int')}`,
      [owner.tenantId, owner.poolClass, month.startsOn, month.endsOn],
    );
    const priceMicro = held.reduce((sum, one) => sum + priceOfDays(one, one.monthsFrom, one), 0n);
    let unitMinutes = 0;
    for (const { value, startsOn, endsOn } of stretches(units, month)) unitMinutes += value * (endsOn - startsOn) * MINUTES_PER_DAY;
    const credits = {
      serviceMicro: serviceCredit(kept, priceMicro),
      lendingMicro: lendingCredit(lent?.unit_minutes ?? 0, unitMinutes, priceMicro),
    };
    await this.pool.transaction('close month', [], (tx) => saveMonth(tx, owner, month.startsOn, { ...kept, misses }, priceMicro, credits));
  }

  /** Reads a page at a time: a month may have millions of starts. */
  private async keptIn({ tenantId, poolClass }: Owner, month: DayRange, units: Steps): Promise<KeptMonth> {
    const partition = new PrivatePartition();
    const changes = [...stretches(units, month)];
    const resizeUntil = (ms: number) => {
      for (let next = changes[0]; next && next.startsOn * MS_PER_DAY <= ms; next = changes[0]) {
        partition.resize(next.value, next.startsOn * MS_PER_DAY);
        changes.shift();
      }
    };
    resizeUntil(month.startsOn * MS_PER_DAY);
    let after: { createdAt: string; generationId: string } | null = null;
    for (;;) {
      const page: (RecordedStart & { createdAt: string })[] = await this.pool.query(READ_STARTS, [
        tenantId,
        poolClass,
        month.startsOn,
        month.endsOn,
        after?.createdAt ?? null,
        after?.generationId ?? null,
      ]);
      for (const start of page) {
        resizeUntil(start.queuedAtMs);
        partition.queue(start);
      }
      after = page.at(-1) ?? null;
      if (page.length < STARTS_PER_READ || !after) break;
    }
    partition.finish();
    return { starts: partition.starts, kept: partition.kept, misses: partition.misses };
  }
}

/** The first start of each: what was recalled or lost afterwards had its unit. */
const READ_STARTS = `
  SELECT g.id AS "generationId", g.created_at::text AS "createdAt", g.priority, cardinality(l.lane_ids) AS lanes,
         (extract(epoch FROM g.created_at) * 1000)::float8 AS "queuedAtMs",
         (extract(epoch FROM l.admitted_at) * 1000)::float8 AS "startedAtMs",
         (extract(epoch FROM coalesce(l.freed_at, l.ended_at, now())) * 1000)::float8 AS "freedAtMs"
    FROM generations g JOIN leases l ON l.tenant_id = g.tenant_id AND l.generation_id = g.id AND l.fence = 1
   WHERE g.tenant_id = $1 AND g.pool_class = $2 AND g.service_tier IN ('dedicated', 'spillover')
     AND g.created_at >= ${dateOf('$3::int')} AND g.created_at < ${dateOf('$4::int')}
     AND ($5::timestamptz IS NULL OR (g.created_at, g.id) > ($5::timestamptz, $6::uuid))
   ORDER BY g.created_at, g.id LIMIT ${STARTS_PER_READ}`;

async function readUnits(tx: Tx, { tenantId, poolClass }: Owner, month: DayRange): Promise<{ held: Held[]; units: Steps }> {
  const rows = await tx.query<Held & { isCut: boolean }>(
    `SELECT units, unit_month_cents AS "unitMonthCents", ${dayNumber('starts_on')} AS "startsOn", ${dayNumber('ends_on')} AS "endsOn",
            ${dayNumber('starts_on')} AS "monthsFrom", false AS "isCut"
       FROM commitments WHERE tenant_id = $1 AND pool_class = $2 AND state <> 'cancelled'
     UNION ALL
     SELECT c.units, 0, ${dayNumber('c.starts_on')}, ${dayNumber('c.ends_on')}, 0, true
       FROM commitment_cuts c JOIN commitments k ON k.tenant_id = c.tenant_id AND k.id = c.commitment_id
      WHERE c.tenant_id = $1 AND c.pool_class = $2 AND k.state <> 'cancelled'`,
    [tenantId, poolClass],
  );
  const held = rows.filter(({ isCut }) => !isCut).flatMap((row) => within(row, month));
  return {
    held,
    units: stepsOf(rows.flatMap((row) => within(row, month).flatMap((one) => changesOf(one, one.units, row.isCut ? -1 : 1)))),
  };
}

function within<Range extends DayRange>(range: Range, month: DayRange): Range[] {
  const startsOn = Math.max(range.startsOn, month.startsOn);
  const endsOn = Math.min(range.endsOn, month.endsOn);
  return startsOn < endsOn ? [{ ...range, startsOn, endsOn }] : [];
}

/** Whoever closes a month first credits it; the others find it closed. */
async function saveMonth(
  tx: Tx,
  { tenantId, poolClass }: Owner,
  month: Day,
  kept: KeptMonth,
  priceMicro: bigint,
  { serviceMicro, lendingMicro }: { serviceMicro: bigint; lendingMicro: bigint },
): Promise<void> {
  const closed = await tx.query(
    `INSERT INTO guarantee_months (tenant_id, pool_class, month, starts, kept_starts, price_micro, service_credit_micro, lending_credit_micro)
     VALUES ($1, $2, ${dateOf('$3::int')}, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING 1`,
    [tenantId, poolClass, month, kept.starts, kept.kept, priceMicro, serviceMicro, lendingMicro],
  );
  if (closed.length === 0) return;
  await tx.query(
    `INSERT INTO guarantee_misses (tenant_id, pool_class, month, generation_id, queued_at, due_at, started_at)
     SELECT $1, $2, ${dateOf('$3::int')}, * FROM unnest($4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])`,
    [
      tenantId,
      poolClass,
      month,
      kept.misses.map(({ start }) => start.generationId),
      kept.misses.map(({ start }) => new Date(start.queuedAtMs)),
      kept.misses.map(({ dueAtMs }) => new Date(dueAtMs)),
      kept.misses.map(({ start }) => new Date(start.startedAtMs)),
    ],
  );
  const name = isoDay(month).slice(0, 7);
  const credit = (amountMicro: bigint, accountId: string) =>
    grantCredits(tx, {
      tenantId,
      id: uuidv7(),
      accountId: uuidv7(),
      amountMicro,
      source: 'service_credit',
      from: { accountId, code: 'grant' },
    });
  if (serviceMicro > 0n) await credit(serviceMicro, SERVICE_CREDITS_ACCOUNT_ID);
  if (lendingMicro > 0n) await credit(lendingMicro, LENDING_ACCOUNT_ID);
  await recordEvents(tx, [
    {
      tenantId,
      type: 'guarantee.month_closed',
      data: {
        poolClass,
        month: name,
        keptPct: keptPct(kept),
        serviceCreditCredits: formatCredits(serviceMicro),
        lendingCreditCredits: formatCredits(lendingMicro),
      },
    },
  ]);
}
