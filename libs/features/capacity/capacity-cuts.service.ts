import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { type Day, isoDay, NEVER } from '#core/capacity/days';
import { checkCut, type ForcedCut, forceCut, type SoldUnits } from '#core/capacity/forced-cut';
import { type CutKind, capacityOf, takesSite } from '#core/capacity/phases';
import { needsSecondPerson } from '#core/controls/second-person';
import { SERVICE_CREDITS_ACCOUNT_ID } from '#core/ledger/accounts';
import { formatCredits } from '#core/ledger/credits';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { MAX_CUTS_LISTED, MAX_TENANTS_PER_CUT } from '#features/capacity/limits';
import { type BookRow, dateOf, dayNumber, lockBook } from '#features/capacity/order-book-rows';
import { refusalOfOrder } from '#features/capacity/refusals';
import { SECOND_PERSON_NEEDED, type Within, withoutApproval } from '#features/controls/approval.service';
import { recordEvents } from '#features/events/events.service';
import { grantCredits } from '#features/ledger/grants.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface WantedCut {
  siteId: string;
  poolClass: string;
  kind: CutKind;
  reason: string;
  lanes: number;
  startsOn: Day;
  /** Null: for good. */
  endsOn: Day | null;
  /** Take what is sold, and credit it. */
  force: boolean;
}

export interface CutRow extends Omit<WantedCut, 'force'> {
  id: string;
  forced: boolean;
  createdAt: Date;
  cancelledAt: Date | null;
}

export interface CutMade {
  id: string;
  /** What it took of commitments; empty when nothing sold was missing. */
  taken: readonly ForcedCut[];
  /** It leaves nothing of its site. */
  losesSite: boolean;
}

/** Undoes what a dry run did. */
class DryRun extends Error {
  constructor(readonly cut: CutMade) {
    super('a dry run is undone');
  }
}

const MAX_TRIES = 5;

/** For operators: capacity that is lost for some days. What is sold is not taken in silence: refused, or forced with its service credit. */
@Injectable()
export class CapacityCutsService {
  constructor(private readonly db: HotPool) {}

  /** @param within a second person's approval, without which nothing sold and no whole site is taken */
  async cut(caller: Caller, wanted: WantedCut, within: Within = withoutApproval): Promise<CutMade | NamedRefusal> {
    const isApproved = within !== withoutApproval;
    return this.inBook(caller, wanted.poolClass, (tx, held) => within(tx, () => cutOnce(tx, caller, wanted, { held, isApproved })));
  }

  /** What a cut would take, found by making it and undoing it. */
  async wouldTake(caller: Caller, wanted: WantedCut): Promise<CutMade | NamedRefusal> {
    try {
      return await this.inBook(caller, wanted.poolClass, async (tx, held) => {
        const outcome = await cutOnce(tx, caller, wanted, { held, isApproved: true });
        if ('refused' in outcome) return outcome;
        throw new DryRun(outcome);
      });
    } catch (error) {
      if (error instanceof DryRun) return error.cut;
      throw error;
    }
  }

  /** With the book locked, in a transaction that may see every owner of the pool class, also those who came meanwhile. */
  private async inBook(
    caller: Caller,
    poolClass: string,
    work: (tx: Tx, held: BookRow) => Promise<CutMade | NamedRefusal>,
  ): Promise<CutMade | NamedRefusal> {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const owners = await this.db.query<{ tenant_id: string }>('SELECT tenant_id FROM tenants_with_units($1) LIMIT $2', [
        poolClass,
        MAX_TENANTS_PER_CUT + 1,
      ]);
      if (owners.length > MAX_TENANTS_PER_CUT) throw new Error(`more than ${MAX_TENANTS_PER_CUT} tenants share ${poolClass}`);
      const tenantIds = owners.map(({ tenant_id }) => tenant_id);
      const outcome = await this.db.transaction('cut capacity', [caller.tenantId, ...tenantIds], async (tx) => {
        const held = await lockBook(tx, poolClass);
        if (!held) return refusalOfOrder({ refused: 'unknown_pool_class' });
        const unseen = await tx.query('SELECT 1 FROM tenants_with_units($1) WHERE tenant_id <> ALL ($2::uuid[]) LIMIT 1', [
          poolClass,
          tenantIds,
        ]);
        return unseen.length > 0 ? 'other_owners' : work(tx, held);
      });
      if (outcome !== 'other_owners') return outcome;
    }
    return { refused: 'unavailable', detail: 'Too much was sold meanwhile; try again' };
  }

  /** The capacity is there again. What was credited stays credited, and those units stay away for the days they were credited for. */
  async lift(caller: Caller, id: string): Promise<CutRow | NamedRefusal> {
    return this.db.transaction('lift cut', [caller.tenantId], async (tx) => {
      await tx.query('UPDATE capacity_cuts SET cancelled_at = coalesce(cancelled_at, now()) WHERE id = $1', [id]);
      const [row] = await tx.query<CutRow>(`SELECT ${CUT_COLUMNS} FROM capacity_cuts WHERE id = $1`, [id]);
      if (!row) return { refused: 'not_found', detail: 'Not found' };
      await recordAudit(tx, [{ tenantId: caller.tenantId, actor: actorOf(caller), action: 'capacity.cut_lifted', targetId: id }]);
      return row;
    });
  }

  /** Newest first. */
  async list(): Promise<CutRow[]> {
    return this.db.query<CutRow>(`SELECT ${CUT_COLUMNS} FROM capacity_cuts ORDER BY id DESC LIMIT ${MAX_CUTS_LISTED}`);
  }
}

const CUT_COLUMNS = `id, site_id AS "siteId", pool_class AS "poolClass", kind, reason, lanes, ${dayNumber('starts_on')} AS "startsOn",
  ${dayNumber('ends_on')} AS "endsOn", forced, created_at AS "createdAt", cancelled_at AS "cancelledAt"`;

async function cutOnce(
  tx: Tx,
  caller: Caller,
  wanted: WantedCut,
  { held, isApproved }: { held: BookRow; isApproved: boolean },
): Promise<CutMade | NamedRefusal> {
  if (!held.supply.phases.some(({ siteId }) => siteId === wanted.siteId)) return refusalOfOrder({ refused: 'unknown_site' });
  const cuts = [...held.supply.cuts, { ...wanted, endsOn: wanted.endsOn ?? NEVER }];
  const after = { capacity: capacityOf({ ...held.supply, cuts }), sold: held.book.sold };
  const checked = checkCut(after, held.today);
  if (checked !== 'covered' && !wanted.force) return refusalOfOrder(checked);
  const losesSite = takesSite(held.supply, wanted);
  if (!isApproved && needsSecondPerson({ takesSold: checked !== 'covered', losesSite })) return SECOND_PERSON_NEEDED;
  const taken = checked === 'covered' ? [] : forceCut(after, await readSoldUnits(tx, wanted.poolClass), held.today);
  const id = uuidv7();
  await insertCut(tx, id, wanted, taken.length > 0);
  await insertTaken(tx, id, wanted.poolClass, taken);
  await creditTaken(tx, taken);
  const { force: _force, ...data } = { ...wanted, takenUnits: taken.length };
  await recordAudit(tx, [{ tenantId: caller.tenantId, actor: actorOf(caller), action: 'capacity.cut', targetId: id, data }]);
  await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
  return { id, taken, losesSite };
}

async function readSoldUnits(tx: Tx, poolClass: string): Promise<SoldUnits[]> {
  return tx.query<SoldUnits>(
    `SELECT k.id, k.tenant_id AS "tenantId", k.units, k.unit_month_cents AS "unitMonthCents", ${dayNumber('k.starts_on')} AS "startsOn",
            ${dayNumber('k.ends_on')} AS "endsOn", (extract(epoch FROM k.ordered_at) * 1000)::float8 AS "orderedAtMs",
            coalesce(jsonb_agg(jsonb_build_object('units', c.units, 'startsOn', ${dayNumber('c.starts_on')}, 'endsOn', ${dayNumber('c.ends_on')}))
                     FILTER (WHERE c.id IS NOT NULL), '[]') AS cuts
       FROM commitments k LEFT JOIN commitment_cuts c ON c.tenant_id = k.tenant_id AND c.commitment_id = k.id
      WHERE k.pool_class = $1 AND k.state <> 'cancelled' AND k.ends_on > (now() AT TIME ZONE 'UTC')::date
      GROUP BY k.tenant_id, k.id`,
    [poolClass],
  );
}

async function insertCut(tx: Tx, id: string, wanted: WantedCut, forced: boolean): Promise<void> {
  await tx.query(
    `INSERT INTO capacity_cuts (id, site_id, pool_class, kind, reason, lanes, starts_on, ends_on, forced)
     VALUES ($1, $2, $3, $4, $5, $6, ${dateOf('$7::int')}, ${dateOf('$8::int')}, $9)`,
    [id, wanted.siteId, wanted.poolClass, wanted.kind, wanted.reason, wanted.lanes, wanted.startsOn, wanted.endsOn, forced],
  );
}

async function insertTaken(tx: Tx, capacityCutId: string, poolClass: string, taken: readonly ForcedCut[]): Promise<void> {
  await tx.query(
    `INSERT INTO commitment_cuts (tenant_id, commitment_id, capacity_cut_id, pool_class, units, starts_on, ends_on, credit_micro)
     SELECT tenant_id, commitment_id, $1, $2, units, ${dateOf('starts_on')}, ${dateOf('ends_on')}, credit_micro
       FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::bigint[])
            AS t (tenant_id, commitment_id, units, starts_on, ends_on, credit_micro)`,
    [
      capacityCutId,
      poolClass,
      taken.map(({ tenantId }) => tenantId),
      taken.map(({ commitmentId }) => commitmentId),
      taken.map(({ units }) => units),
      taken.map(({ startsOn }) => startsOn),
      taken.map(({ endsOn }) => endsOn),
      taken.map(({ creditMicro }) => creditMicro),
    ],
  );
}

/** One grant a tenant; one event a commitment and range of days. */
async function creditTaken(tx: Tx, taken: readonly ForcedCut[]): Promise<void> {
  for (const [tenantId, cuts] of Map.groupBy(taken, (cut) => cut.tenantId)) {
    const amountMicro = cuts.reduce((sum, { creditMicro }) => sum + creditMicro, 0n);
    const from = { accountId: SERVICE_CREDITS_ACCOUNT_ID, code: 'grant' } as const;
    await grantCredits(tx, { tenantId, id: uuidv7(), accountId: uuidv7(), amountMicro, source: 'service_credit', from });
  }
  await recordEvents(
    tx,
    taken.map(({ tenantId, commitmentId, units, startsOn, endsOn, creditMicro }) => ({
      tenantId,
      type: 'commitment.cut',
      data: { commitmentId, units, startsOn: isoDay(startsOn), endsOn: isoDay(endsOn), creditedCredits: formatCredits(creditMicro) },
    })),
  );
}
