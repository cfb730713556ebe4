import { Inject, Injectable } from '@nestjs/common';
import { ISSUE_AFTER_MS, MAX_MONTHS_BACK } from '#core/invoices/limits';
import { endedMonths, monthNameOf } from '#core/invoices/months';
import type { Period } from '#core/ledger/plans';
import { issueInvoice } from '#features/invoices/issue-invoice';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { Sweep } from '#platform/outbox/sweep';

const EVERY_MS = 600_000;
const MAX_TENANTS_AT_ONCE = 20;
/** A large tenant's month is millions of transfers. */
const TIME_LIMIT = '10min';

/** Issues the invoices of each month soon after it has ended, for all tenants in the order of their ids. Several may run. */
@Injectable()
export class InvoiceRuns extends Sweep {
  constructor(@Inject(HotPool) private readonly pool: HotPool) {
    super({ name: 'invoices', everyMs: EVERY_MS });
  }

  /** Ends when every month that had ended by then is issued, or another process issues it. */
  async sweep(now = new Date()): Promise<void> {
    for (const month of endedMonths(new Date(now.getTime() - ISSUE_AFTER_MS), MAX_MONTHS_BACK)) {
      while (!this.isStopping && (await this.pool.transaction('issue invoices', [], (tx) => issueSome(tx, month)))); // some tenants a transaction
    }
  }
}

/** @returns whether there may be more */
async function issueSome(tx: Tx, month: Period): Promise<boolean> {
  const firstDay = `${monthNameOf(month.startsAt)}-01`;
  await tx.query(`SET LOCAL statement_timeout = '${TIME_LIMIT}'`);
  await tx.query('INSERT INTO invoice_runs (month) VALUES ($1::date) ON CONFLICT DO NOTHING', [firstDay]);
  const [run] = await tx.query<{ after_tenant_id: string | null }>(
    'SELECT after_tenant_id FROM invoice_runs WHERE month = $1::date AND finished_at IS NULL FOR UPDATE SKIP LOCKED',
    [firstDay],
  );
  if (!run) return false;
  const tenants = await tx.query<{ id: string }>(
    `SELECT id FROM tenants WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT ${MAX_TENANTS_AT_ONCE}`,
    [run.after_tenant_id],
  );
  for (const { id } of tenants) await issueInvoice(tx, id, month);
  const last = tenants.at(-1)?.id ?? run.after_tenant_id;
  const isDone = tenants.length < MAX_TENANTS_AT_ONCE;
  await tx.query('UPDATE invoice_runs SET after_tenant_id = $2, finished_at = CASE WHEN $3 THEN now() END WHERE month = $1::date', [
    firstDay,
    last,
    isDone,
  ]);
  return !isDone;
}
