import { modelFamilyOf } from '#core/catalog/models';
import type { BatchWork } from '#core/ingestion/batch-state';
import { reservePrefix } from '#core/ingestion/reserve-prefix';
import type { TenantAccounts, Transfer } from '#core/ledger/accounts';
import { release } from '#core/ledger/resolve';
import {
  cancelRunningRows,
  cancelWaitingRows,
  erasedFailedRows,
  holdRows,
  lockFailedRows,
  type RowRange,
  replaceFailedRows,
} from '#features/generations/batch-rows.service';
import { readLimits, tellOfBudgets } from '#features/ingestion/batch-limits';
import { reasonOf } from '#features/ingestion/chunk-cover';
import type { ClaimedBatch } from '#features/ingestion/claim';
import { BatchMoved } from '#features/ingestion/commit-chunk';
import { lockAccounts } from '#features/ledger/movements.service';
import { countSpending } from '#features/ledger/spending.service';
import type { HotPool } from '#platform/database/hot-pool';
import type { LoaderPool, LoaderTx } from '#platform/database/loader-pool';

/** Rows that are looked at in one transaction. */
const ROWS_AT_ONCE = 5_000;
const ERASED = 'not retried: it failed and was erased since, as its project’s retention says; send the row again';
const CANCELLED = 'Cancelled with its batch';

export interface RowWorkPools {
  loader: LoaderPool;
  /** Ends rows that have a lease, as their runs would. */
  control: HotPool;
}

type RowsWork = Exclude<BatchWork, 'fetch' | 'load' | 'sheets'>;

/**
 * Does to all rows of a batch what a command asks, some thousand rows a transaction, from where the last worker came to.
 * @throws BatchMoved when another command came in between, DatabaseUnavailable
 */
export async function doRowWork(
  { loader, control }: RowWorkPools,
  batch: ClaimedBatch,
  work: RowsWork,
  isStopped: () => boolean,
): Promise<void> {
  for (let afterRow = batch.workRow; !isStopped(); ) {
    const { tenantId, id } = batch;
    const range = { tenantId, batchId: id, afterRow, uptoRow: afterRow + ROWS_AT_ONCE };
    if (work === 'cancel') await control.transaction('cancel running rows', [], (tx) => cancelRunningRows(tx, range, CANCELLED));
    const next = await loader.transaction(`batch ${work}`, tenantId, (tx) => doRange(tx, batch, work, range));
    if (next === null) return;
    afterRow = next;
  }
}

/** @returns where the next range begins; null when all is done */
async function doRange(tx: LoaderTx, batch: ClaimedBatch, work: RowsWork, range: RowRange): Promise<number | null> {
  switch (work) {
    case 'hold':
      await holdRows(tx, range, true);
      return move(tx, batch, work, range);
    case 'unhold': {
      await announce(tx, range, await holdRows(tx, range, false));
      return move(tx, batch, work, range);
    }
    case 'cancel':
      return cancelRange(tx, batch, range);
    case 'retry':
      return retryRange(tx, batch, range);
  }
}

async function cancelRange(tx: LoaderTx, batch: ClaimedBatch, range: RowRange): Promise<number | null> {
  const accounts = await accountsOf(tx, batch.tenantId);
  const { rows, parts } = await cancelWaitingRows(tx, range, CANCELLED);
  const { transfers } = release(accounts, parts, new Date());
  await writeTransfers(tx, range, Math.ceil(range.uptoRow / ROWS_AT_ONCE), accounts, transfers);
  await tx.query('UPDATE batches SET cancelled_rows = cancelled_rows + $3 WHERE tenant_id = $1 AND id = $2', [
    batch.tenantId,
    batch.id,
    rows,
  ]);
  return move(tx, batch, 'cancel', range);
}

async function retryRange(tx: LoaderTx, batch: ClaimedBatch, range: RowRange): Promise<number | null> {
  const accounts = await accountsOf(tx, batch.tenantId);
  await tellOfErased(tx, range);
  const failed = await lockFailedRows(tx, range);
  const priced = failed.map(({ model, priceMicro }) => ({
    priceMicro,
    purpose: { projectId: batch.projectId, modelFamily: modelFamilyOf(model) },
  }));
  // The batch's own budget has them already: its price is of all accepted rows.
  const limits = await readLimits(tx, { ...batch, budgetMicro: null });
  const prefix = reservePrefix(accounts, priced, new Date(), limits.limits);
  await tellOfBudgets(tx, limits, batch.tenantId, prefix.totalMicro + (priced[prefix.parts.length]?.priceMicro ?? 0n));
  const again = failed.slice(0, prefix.parts.length);
  if (again.length > 0) {
    const [counted] = await tx.query<{ committed_chunk: number }>(
      `UPDATE batches SET failed_rows = failed_rows - $3, committed_chunk = committed_chunk + 1 WHERE tenant_id = $1 AND id = $2 RETURNING committed_chunk`,
      [batch.tenantId, batch.id, again.length],
    );
    if (!counted) throw new BatchMoved();
    await writeTransfers(tx, range, counted.committed_chunk, accounts, prefix.transfers);
    await countSpending(tx, limits.spending, [{ spender: { ...batch, caps: limits.caps }, priceMicro: prefix.totalMicro }]);
    await announce(tx, range, await replaceFailedRows(tx, range, again, prefix.parts));
  }
  if (prefix.endedBy === null) return move(tx, batch, 'retry', range);
  await tx.query(
    `UPDATE batches SET state = 'paused', state_reason = $4, missing_micro = $3, work = NULL, worker_until = NULL
      WHERE tenant_id = $1 AND id = $2 AND work = 'retry'`,
    [batch.tenantId, batch.id, prefix.missingMicro, reasonOf(prefix)],
  );
  return null;
}

/** Rows that cannot be asked for again go into the error file: whoever wants them has to send them anew. */
async function tellOfErased(tx: LoaderTx, range: RowRange): Promise<void> {
  const rowNumbers = await erasedFailedRows(tx, range);
  if (rowNumbers.length === 0) return;
  await tx.query(
    `INSERT INTO batch_errors (tenant_id, batch_id, row_number, line, field, reason)
     SELECT $1, $2, n, 0, NULL, $4 FROM unnest($3::integer[]) AS n ON CONFLICT DO NOTHING`,
    [range.tenantId, range.batchId, rowNumbers, ERASED],
  );
}

/** Notes how far the work has come. After the last row it is over: what was paused while it was read is read on, a cancel looks whether anything came back. */
async function move(tx: LoaderTx, { tenantId, id }: ClaimedBatch, work: RowsWork, { uptoRow }: RowRange): Promise<number | null> {
  const [moved] = await tx.query<{ work: BatchWork | null; work_row: number }>(
    `UPDATE batches
        SET work = CASE WHEN committed_row > $4 THEN work
                        WHEN work = 'unhold' AND loaded_at IS NULL THEN 'load'
                        WHEN work = 'cancel' AND accepted_rows > completed_rows + failed_rows + cancelled_rows THEN work END,
            work_row = CASE WHEN committed_row > $4 THEN $4 ELSE 0 END,
            worker_until = CASE WHEN committed_row > $4 THEN now() + interval '10 seconds' END,
            work_attempts = 0,
            finished_at = CASE WHEN work = 'cancel' AND committed_row <= $4 AND accepted_rows = completed_rows + failed_rows + cancelled_rows
                               THEN now() ELSE finished_at END
      WHERE tenant_id = $1 AND id = $2 AND work = $3 RETURNING work, work_row`,
    [tenantId, id, work, uptoRow],
  );
  if (!moved) throw new BatchMoved();
  return moved.work === work && moved.work_row > 0 ? moved.work_row : null;
}

async function accountsOf(tx: LoaderTx, tenantId: string): Promise<TenantAccounts> {
  const accounts = (await lockAccounts(tx, [tenantId])).get(tenantId);
  if (!accounts) throw new Error(`tenant ${tenantId} has no accounts`);
  return accounts;
}

/** One transfer a grant for all rows together, and what they do to the balances. Platform accounts have none. */
async function writeTransfers(
  tx: LoaderTx,
  { tenantId, batchId }: RowRange,
  chunk: number,
  { available, reserved }: TenantAccounts,
  transfers: readonly Transfer[],
): Promise<void> {
  if (transfers.length === 0) return;
  const changes = new Map<string, bigint>([...available, reserved].map(({ id }) => [id, 0n]));
  for (const { debitAccountId, creditAccountId, amountMicro } of transfers) {
    for (const [accountId, change] of [
      [debitAccountId, -amountMicro],
      [creditAccountId, amountMicro],
    ] as const) {
      const before = changes.get(accountId);
      if (before !== undefined) changes.set(accountId, before + change);
    }
  }
  await tx.query(
    `WITH moved AS (
       UPDATE accounts a SET balance_micro = a.balance_micro + v.change_micro
         FROM unnest($4::uuid[], $5::bigint[]) AS v (id, change_micro) WHERE a.tenant_id = $1 AND a.id = v.id AND v.change_micro <> 0
     )
     INSERT INTO transfers (tenant_id, batch_id, chunk, debit_account_id, credit_account_id, amount_micro, code, leg)
     SELECT $1, $2, $3, t.* FROM unnest($6::uuid[], $7::uuid[], $8::bigint[], $9::text[], $10::smallint[]) AS t`,
    [
      tenantId,
      batchId,
      chunk,
      [...changes.keys()],
      [...changes.values()],
      transfers.map(({ debitAccountId }) => debitAccountId),
      transfers.map(({ creditAccountId }) => creditAccountId),
      transfers.map(({ amountMicro }) => amountMicro),
      transfers.map(({ code }) => code),
      transfers.map(({ leg }) => leg),
    ],
  );
}

/** A queue that has gained rows is read again by its scheduler; once is enough, however often it is told. */
async function announce(
  tx: LoaderTx,
  { tenantId, batchId, uptoRow }: RowRange,
  queues: readonly { poolClass: string; tier: string }[],
): Promise<void> {
  if (queues.length === 0) return;
  await tx.query(
    `WITH told AS (
       INSERT INTO outbox (consumer, topic, tenant_id, batch_id, chunk, leg, pool_class, payload)
       SELECT 'scheduler', 'batch_queued', $1, $2, $3, q.leg, q.pool_class, jsonb_build_object('tier', q.tier)
         FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS q (pool_class, tier, leg)
       ON CONFLICT DO NOTHING
     )
     SELECT pg_notify('halogen_scheduler', '')`,
    [tenantId, batchId, -uptoRow, queues.map(({ poolClass }) => poolClass), queues.map(({ tier }) => tier)],
  );
}
