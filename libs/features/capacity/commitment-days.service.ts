import { Inject, Injectable } from '@nestjs/common';
import { formatCredits } from '#core/ledger/credits';
import { notePaid, takePayment } from '#features/capacity/commitment-charges';
import { recordEvents } from '#features/events/events.service';
import { HotPool } from '#platform/database/hot-pool';
import type { HotTx, Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 60_000;
const MAX_COMMITMENTS_AT_ONCE = 500;
const MAX_CHARGES_PER_SWEEP = 5_000;

interface DueCharge {
  tenant_id: string;
  commitment_id: string;
  month: number;
}

/** What each day brings: commitments begin and end, and their months are due. Several of these may run at once. */
@Injectable()
export class CommitmentDays extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'commitment days', everyMs: SWEEP_EVERY_MS });
  }

  async sweep(): Promise<void> {
    while (!this.isStopping && (await this.pool.transaction('begin commitments', [], beginCommitments)) === MAX_COMMITMENTS_AT_ONCE);
    while (!this.isStopping && (await this.pool.transaction('end commitments', [], endCommitments)) === MAX_COMMITMENTS_AT_ONCE);
    // Those that could not be paid before come last: one tenant without credits must not keep others waiting.
    const due = await this.pool.query<DueCharge>(
      `SELECT tenant_id, commitment_id, month FROM commitment_charges
        WHERE paid_at IS NULL AND due_on <= (now() AT TIME ZONE 'UTC')::date
        ORDER BY unpaid_told_at NULLS FIRST, due_on LIMIT ${MAX_CHARGES_PER_SWEEP}`,
    );
    for (const charge of due) {
      if (this.isStopping) return;
      await this.pool.transaction('pay commitment', [], (tx) => payDue(tx, charge));
    }
  }
}

async function beginCommitments(tx: Tx): Promise<number> {
  const begun = await tx.query<{ tenant_id: string; id: string }>(
    `WITH due AS (
       SELECT tenant_id, id FROM commitments
        WHERE state = 'ordered' AND starts_on <= (now() AT TIME ZONE 'UTC')::date
        LIMIT ${MAX_COMMITMENTS_AT_ONCE} FOR UPDATE SKIP LOCKED
     )
     UPDATE commitments k SET state = 'active' FROM due WHERE k.tenant_id = due.tenant_id AND k.id = due.id RETURNING k.tenant_id, k.id`,
  );
  await recordEvents(
    tx,
    begun.map(({ tenant_id, id }) => ({ tenantId: tenant_id, type: 'commitment.began', data: { commitmentId: id } })),
  );
  await tellScheduler(tx, begun.length);
  return begun.length;
}

async function endCommitments(tx: Tx): Promise<number> {
  const ended = await tx.query<{ tenant_id: string; id: string; state: 'renewed' | 'ended' }>(
    `WITH due AS (
       SELECT tenant_id, id FROM commitments
        WHERE state = 'active' AND ends_on <= (now() AT TIME ZONE 'UTC')::date
        LIMIT ${MAX_COMMITMENTS_AT_ONCE} FOR UPDATE SKIP LOCKED
     )
     UPDATE commitments k
        SET state = CASE WHEN EXISTS (SELECT 1 FROM commitments r WHERE r.tenant_id = k.tenant_id AND r.follows_id = k.id
                                         AND r.origin = 'renewal' AND r.state <> 'cancelled') THEN 'renewed' ELSE 'ended' END
       FROM due WHERE k.tenant_id = due.tenant_id AND k.id = due.id RETURNING k.tenant_id, k.id, k.state`,
  );
  await recordEvents(
    tx,
    ended.map(({ tenant_id, id, state }) => ({ tenantId: tenant_id, type: 'commitment.ended', data: { commitmentId: id, state } })),
  );
  await tellScheduler(tx, ended.length);
  return ended.length;
}

async function payDue(tx: HotTx, { tenant_id: tenantId, commitment_id: commitmentId, month }: DueCharge): Promise<void> {
  const [charge] = await tx.query<{ amount_micro: string; unpaid_told_at: Date | null }>(
    `SELECT amount_micro, unpaid_told_at FROM commitment_charges
      WHERE tenant_id = $1 AND commitment_id = $2 AND month = $3 AND paid_at IS NULL FOR UPDATE SKIP LOCKED`,
    [tenantId, commitmentId, month],
  );
  if (!charge) return;
  const amountMicro = BigInt(charge.amount_micro);
  const parts = await takePayment(tx, tenantId, amountMicro);
  if (!('refused' in parts)) {
    await notePaid(tx, tenantId, commitmentId, month, parts);
    return;
  }
  if (charge.unpaid_told_at) return;
  await tx.query('UPDATE commitment_charges SET unpaid_told_at = now() WHERE tenant_id = $1 AND commitment_id = $2 AND month = $3', [
    tenantId,
    commitmentId,
    month,
  ]);
  await recordEvents(tx, [
    { tenantId, type: 'commitment.unpaid', data: { commitmentId, month, amountCredits: formatCredits(amountMicro) } },
  ]);
}

/** What is guaranteed has changed. */
async function tellScheduler(tx: Tx, changed: number): Promise<void> {
  if (changed > 0) await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
}
