import type { ReservedPrefix } from '#core/ingestion/reserve-prefix';
import { formatCredits } from '#core/ledger/credits';
import type { RowShape } from '#features/generations/batch-rows.service';
import { reasonOf } from '#features/ingestion/chunk-cover';
import type { ClaimedBatch } from '#features/ingestion/claim';
import type { BatchRow } from '#features/ingestion/source-rows';

interface Queue {
  poolClass: string;
  tier: string;
}

/** @returns the queues that rows of these shapes are in */
export function queuesOf(shapes: readonly RowShape[]): Queue[] {
  const queues = new Map(shapes.map((shape) => [`${shape.pool_class} ${shape.service_tier}`, shape]));
  return [...queues.values()].map(({ pool_class, service_tier }) => ({ poolClass: pool_class, tier: service_tier }));
}

export function pausedEvent(batch: ClaimedBatch, prefix: ReservedPrefix, rowsAccepted: number) {
  return {
    tenantId: batch.tenantId,
    type: 'batch.paused' as const,
    data: {
      batchId: batch.id,
      reason: reasonOf(prefix) as NonNullable<ReturnType<typeof reasonOf>>,
      rowsAccepted,
      missingCredits: formatCredits(prefix.missingMicro),
    },
  };
}

export const MOVE_BATCH = `
  UPDATE batches
     SET committed_chunk = committed_chunk + 1, committed_row = $4, accepted_rows = accepted_rows + $5, refused_rows = refused_rows + $6,
         price_micro = price_micro + $7, burn_lane_ms = burn_lane_ms + $8, missing_micro = $11, dry_run_funds = $12::jsonb, row_kinds = $13::jsonb, work_attempts = 0,
         worker_until = CASE WHEN $9 = 'loading' THEN now() + interval '10 seconds' END,
         work = CASE WHEN $9 = 'loading' THEN work END,
         state = CASE $9 WHEN 'loading' THEN state WHEN 'uncovered' THEN 'paused' ELSE CASE WHEN is_dry_run THEN 'completed' ELSE 'running' END END,
         state_reason = $10,
         loaded_at = CASE WHEN $9 = 'loaded' THEN now() END,
         finished_at = CASE WHEN $9 = 'loaded' AND is_dry_run THEN now() END
   WHERE tenant_id = $1 AND id = $2 AND committed_chunk = $3 AND state = 'validating' AND work = 'load'
  RETURNING accepted_rows`;

export const writeFacts = (counted: string | undefined) => `
  WITH moved AS (
    UPDATE accounts a SET balance_micro = a.balance_micro + v.change_micro
      FROM unnest($4::uuid[], $5::bigint[]) AS v (id, change_micro)
     WHERE a.tenant_id = $1 AND a.id = v.id
  ), written AS (
    INSERT INTO transfers (tenant_id, batch_id, chunk, debit_account_id, credit_account_id, amount_micro, code, leg)
    SELECT $1, $2, $3, t.debit, t.credit, t.amount, 'reserve', t.leg
      FROM unnest($6::uuid[], $7::uuid[], $8::bigint[], $9::smallint[]) AS t (debit, credit, amount, leg)
  ), refused AS (
    INSERT INTO batch_errors (tenant_id, batch_id, row_number, line, field, reason)
    SELECT $1, $2, e.row_number, e.line, e.field, e.reason
      FROM unnest($10::integer[], $11::integer[], $12::text[], $13::text[]) AS e (row_number, line, field, reason)
  ), announced AS (
    INSERT INTO outbox (consumer, topic, tenant_id, batch_id, chunk, leg, pool_class, payload, traceparent)
    SELECT 'scheduler', 'batch_queued', $1, $2, $3, q.leg, q.pool_class, jsonb_build_object('tier', q.tier), $16
      FROM unnest($14::text[], $15::text[]) WITH ORDINALITY AS q (pool_class, tier, leg)
  )${counted ? `, ${counted}` : ''}
  SELECT pg_notify('halogen_scheduler', ''), pg_notify('halogen_batch_progress', '')`;

export function factsOf(batch: ClaimedBatch, prefix: ReservedPrefix, refusals: readonly BatchRow[], queues: readonly Queue[]): unknown[] {
  const { transfers, accounts, totalMicro } = prefix;
  const errors = refusals.flatMap((row) => ('refusal' in row ? [{ ...row.refusal, rowNumber: row.rowNumber, line: row.line }] : []));
  const isMoved = transfers.length > 0;
  return [
    batch.tenantId,
    batch.id,
    batch.committedChunk + 1,
    isMoved ? [...transfers.map(({ debitAccountId }) => debitAccountId), accounts.reserved.id] : [],
    isMoved ? [...transfers.map(({ amountMicro }) => -amountMicro), totalMicro] : [],
    transfers.map(({ debitAccountId }) => debitAccountId),
    transfers.map(({ creditAccountId }) => creditAccountId),
    transfers.map(({ amountMicro }) => amountMicro),
    transfers.map(({ leg }) => leg),
    errors.map(({ rowNumber }) => rowNumber),
    errors.map(({ line }) => line),
    errors.map(({ field }) => field),
    errors.map(({ reason }) => reason),
    queues.map(({ poolClass }) => poolClass),
    queues.map(({ tier }) => tier),
    batch.traceparent,
  ];
}
