import type { Commitment, CommitmentOrigin, CommitmentState, NewCommitment } from '#core/capacity/commitment';
import type { Day } from '#core/capacity/days';
import type { Charge } from '#core/capacity/prices';
import { dateOf, dayNumber } from '#features/capacity/order-book-rows';
import type { Tx } from '#platform/database/tx';

/** A commitment with what follows from its other rows. */
export interface CommitmentRow extends Commitment {
  poolClass: string;
  origin: CommitmentOrigin;
  followsId: string | null;
  orderedAt: Date;
  isRenewed: boolean;
  hasCutsAhead: boolean;
  paidMicro: bigint;
  /** Due and not paid. */
  overdueMicro: bigint;
  totalMicro: bigint;
  /** Service credits for what was cut from it. */
  creditedMicro: bigint;
}

const COLUMNS = `
  k.id, k.tenant_id AS "tenantId", k.pool_class AS "poolClass", k.units, k.term_months AS "termMonths", k.unit_month_cents AS "unitMonthCents",
  ${dayNumber('k.starts_on')} AS "startsOn", ${dayNumber('k.ends_on')} AS "endsOn", k.state, k.origin, k.follows_id AS "followsId",
  k.ordered_at AS "orderedAt",
  EXISTS (SELECT 1 FROM commitments r WHERE r.tenant_id = k.tenant_id AND r.follows_id = k.id AND r.origin = 'renewal' AND r.state <> 'cancelled')
    AS "isRenewed",
  EXISTS (SELECT 1 FROM commitment_cuts c WHERE c.tenant_id = k.tenant_id AND c.commitment_id = k.id AND c.ends_on > (now() AT TIME ZONE 'UTC')::date)
    AS "hasCutsAhead",
  (SELECT coalesce(sum(c.credit_micro), 0) FROM commitment_cuts c WHERE c.tenant_id = k.tenant_id AND c.commitment_id = k.id) AS "creditedMicro",
  paid.*
  FROM commitments k, LATERAL (
    SELECT coalesce(sum(h.amount_micro), 0) AS "totalMicro",
           coalesce(sum(h.amount_micro - h.refunded_micro) FILTER (WHERE h.paid_at IS NOT NULL), 0) AS "paidMicro",
           coalesce(sum(h.amount_micro) FILTER (WHERE h.paid_at IS NULL AND h.due_on <= (now() AT TIME ZONE 'UTC')::date), 0) AS "overdueMicro"
      FROM commitment_charges h WHERE h.tenant_id = k.tenant_id AND h.commitment_id = k.id) AS paid`;

type Read = Omit<CommitmentRow, 'paidMicro' | 'overdueMicro' | 'totalMicro' | 'creditedMicro'> &
  Record<'paidMicro' | 'overdueMicro' | 'totalMicro' | 'creditedMicro', string>;

export async function readCommitment(tx: Tx, tenantId: string, id: string): Promise<CommitmentRow | null> {
  const [row] = await tx.query<Read>(`SELECT ${COLUMNS} WHERE k.tenant_id = $1 AND k.id = $2`, [tenantId, id]);
  return row ? commitmentOf(row) : null;
}

/** Those that begin last first. */
export async function readCommitments(tx: Tx, tenantIds: readonly string[], limit: number): Promise<CommitmentRow[]> {
  const rows = await tx.query<Read>(
    `SELECT ${COLUMNS} WHERE k.tenant_id = ANY ($1::uuid[]) ORDER BY k.starts_on DESC, k.ordered_at DESC, k.id LIMIT $2`,
    [tenantIds, limit],
  );
  return rows.map(commitmentOf);
}

function commitmentOf(row: Read): CommitmentRow {
  const { paidMicro, overdueMicro, totalMicro, creditedMicro } = row;
  return {
    ...row,
    paidMicro: BigInt(paidMicro),
    overdueMicro: BigInt(overdueMicro),
    totalMicro: BigInt(totalMicro),
    creditedMicro: BigInt(creditedMicro),
  };
}

export async function insertCommitment(tx: Tx, id: string, poolClass: string, state: CommitmentState, made: NewCommitment): Promise<void> {
  await tx.query(
    `INSERT INTO commitments (tenant_id, id, pool_class, units, term_months, unit_month_cents, starts_on, ends_on, state, origin, follows_id)
     VALUES ($1, $2, $3, $4, $5, $6, ${dateOf('$7::int')}, ${dateOf('$8::int')}, $9, $10, $11)`,
    [
      made.tenantId,
      id,
      poolClass,
      made.units,
      made.termMonths,
      made.unitMonthCents,
      made.startsOn,
      made.endsOn,
      state,
      made.origin,
      made.followsId,
    ],
  );
}

export async function insertCharges(tx: Tx, tenantId: string, commitmentId: string, charges: readonly Charge[]): Promise<void> {
  await tx.query(
    `INSERT INTO commitment_charges (tenant_id, commitment_id, month, due_on, amount_micro)
     SELECT $1, $2, month, ${dateOf('due_on')}, amount_micro FROM unnest($3::smallint[], $4::int[], $5::bigint[]) AS c (month, due_on, amount_micro)`,
    [
      tenantId,
      commitmentId,
      charges.map(({ month }) => month),
      charges.map(({ dueOn }) => dueOn),
      charges.map(({ amountMicro }) => amountMicro),
    ],
  );
}

export async function endCommitment(tx: Tx, tenantId: string, id: string, state: CommitmentState, endsOn: Day): Promise<void> {
  await tx.query(`UPDATE commitments SET state = $3, ends_on = ${dateOf('$4::int')} WHERE tenant_id = $1 AND id = $2`, [
    tenantId,
    id,
    state,
    endsOn,
  ]);
}
