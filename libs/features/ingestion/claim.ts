import { BatchOptions } from '#contracts/native/batches';
import type { BatchWork } from '#core/ingestion/batch-state';
import { type DryRunFunds, NO_DRY_RUN_FUNDS } from '#core/ingestion/dry-run-funds';
import type { RowKinds } from '#core/ingestion/row-kinds';
import { parseCredits } from '#core/ledger/credits';
import { isSwitchedOff } from '#features/controls/switched-off.service';
import type { RowAllowances } from '#features/ingestion/row-wish';
import type { SourceFormat } from '#features/ingestion/source-rows';
import { closedPoolClasses } from '#features/tenants/work-terms.service';
import type { HotPool } from '#platform/database/hot-pool';

/** A batch that this worker has until `worker_until`, as it stands. */
export interface ClaimedBatch extends RowAllowances {
  tenantId: string;
  id: string;
  apiKeyId: string;
  projectId: string | null;
  traceparent: string | null;
  work: BatchWork;
  workRow: number;
  attempts: number;
  options: BatchOptions;
  isDryRun: boolean;
  isLoaded: boolean;
  format: SourceFormat;
  isGzip: boolean;
  sourceKey: string | null;
  /** Keys that make the source together; empty when `sourceKey` is all of it. */
  sourcePieces: readonly string[];
  /** Null but while the source is to be fetched. */
  fetch: SourceFetch | null;
  committedChunk: number;
  committedRow: number;
  priceMicro: bigint;
  dryRunFunds: DryRunFunds;
  /** Of the rows that are accepted so far. */
  rowKinds: RowKinds;
  /** Null without a cap. */
  budgetMicro: bigint | null;
}

/** Where a source comes from and how far it has come. */
export interface SourceFetch {
  url: string;
  /** What the other side called the bytes that are kept. */
  version: string | null;
  offset: number;
}

/** What brings a batch in stops with a switch; what was asked of rows that are in goes on. */
const IS_HELD_BACK = `b.work IN ('fetch', 'load') AND ${isSwitchedOff('ingestion', 'b.tenant_id')}`;

const CLAIM = `
  UPDATE batches b SET worker_until = now() + interval '10 seconds', work_attempts = least(b.work_attempts + 1, 1000)
    FROM (SELECT tenant_id, id FROM batches b
           WHERE work IS NOT NULL AND (worker_until IS NULL OR worker_until < now()) AND NOT (${IS_HELD_BACK})
           ORDER BY worker_until NULLS FIRST, created_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS next
   WHERE b.tenant_id = next.tenant_id AND b.id = next.id
  RETURNING b.tenant_id, b.id, b.api_key_id, b.project_id, b.traceparent, b.work, b.work_row, b.work_attempts, b.options, b.is_dry_run,
            b.loaded_at IS NOT NULL AS is_loaded, b.source_format, b.source_is_gzip, b.source_key, b.source_pieces, b.committed_chunk, b.committed_row,
            b.source_url, b.source_version, b.source_bytes, b.dry_run_funds, b.row_kinds,
            b.price_micro,
            CASE WHEN b.project_id IS NULL THEN (SELECT s.allowed_models FROM tenant_settings s WHERE s.tenant_id = b.tenant_id)
                 ELSE (SELECT p.allowed_models FROM projects p WHERE p.tenant_id = b.tenant_id AND p.id = b.project_id) END AS allowed_models,
            ${closedPoolClasses('(SELECT p.no_training FROM projects p WHERE p.tenant_id = b.tenant_id AND p.id = b.project_id)')} AS closed_pool_classes,
            (SELECT jsonb_object_agg(u.pool_class, u.units) FROM guarantees u WHERE u.tenant_id = b.tenant_id) AS units`;

/** Takes the batch that has waited longest for a worker, also from one that died with it. @param control sees every tenant's */
export async function claimBatch(control: HotPool): Promise<ClaimedBatch | undefined> {
  const [row] = await control.query<ClaimRow>(CLAIM);
  if (!row) return undefined;
  const options = BatchOptions.parse(row.options);
  return {
    tenantId: row.tenant_id,
    id: row.id,
    apiKeyId: row.api_key_id,
    projectId: row.project_id,
    allowedModels: row.allowed_models,
    closedPoolClasses: row.closed_pool_classes,
    units: row.units ?? {},
    traceparent: row.traceparent,
    work: row.work,
    workRow: row.work_row,
    attempts: row.work_attempts,
    options,
    isDryRun: row.is_dry_run,
    isLoaded: row.is_loaded,
    format: row.source_format,
    isGzip: row.source_is_gzip,
    sourceKey: row.source_key,
    sourcePieces: row.source_pieces,
    fetch: row.source_url === null ? null : { url: row.source_url, version: row.source_version, offset: Number(row.source_bytes ?? 0) },
    committedChunk: row.committed_chunk,
    committedRow: row.committed_row,
    priceMicro: BigInt(row.price_micro),
    dryRunFunds: row.dry_run_funds ? dryRunFundsOf(row.dry_run_funds) : NO_DRY_RUN_FUNDS,
    rowKinds: row.row_kinds,
    budgetMicro: options.budgetCredits === undefined ? null : parseCredits(options.budgetCredits),
  };
}

/** Goes on holding a batch. @returns whether a switch has come to hold it back, so that it is to be left between two chunks */
export async function keepClaim(control: HotPool, { tenantId, id }: ClaimedBatch): Promise<boolean> {
  const [kept] = await control.query<{ isHeldBack: boolean }>(
    `UPDATE batches b SET worker_until = now() + interval '10 seconds' WHERE tenant_id = $1 AND id = $2 AND worker_until IS NOT NULL
     RETURNING ${IS_HELD_BACK} AS "isHeldBack"`,
    [tenantId, id],
  );
  return kept?.isHeldBack ?? false;
}

/** Lets another worker, or this one's successor, have it at once. */
export async function releaseClaim(control: HotPool, { tenantId, id }: ClaimedBatch): Promise<void> {
  await control.query('UPDATE batches SET worker_until = NULL WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
}

/** Numbers of JSON are not exact enough for micro-credits. */
interface StoredDryRunFunds {
  taken: Record<string, string>;
  missing: string;
}

function dryRunFundsOf({ taken, missing }: StoredDryRunFunds): DryRunFunds {
  const takenMicro = new Map(Object.entries(taken).map(([id, amount]) => [id, BigInt(amount)]));
  return { takenMicro, missingMicro: BigInt(missing) };
}

export function storedDryRunFunds({ takenMicro, missingMicro }: DryRunFunds): string {
  const taken = Object.fromEntries([...takenMicro].map(([id, amount]) => [id, amount.toString()]));
  return JSON.stringify({ taken, missing: missingMicro.toString() } satisfies StoredDryRunFunds);
}

interface ClaimRow {
  tenant_id: string;
  id: string;
  api_key_id: string;
  project_id: string | null;
  allowed_models: string[] | null;
  closed_pool_classes: string[];
  units: Record<string, number> | null;
  traceparent: string | null;
  work: BatchWork;
  work_row: number;
  work_attempts: number;
  options: unknown;
  is_dry_run: boolean;
  is_loaded: boolean;
  source_format: SourceFormat;
  source_is_gzip: boolean;
  source_key: string | null;
  source_pieces: string[];
  source_url: string | null;
  source_version: string | null;
  source_bytes: string | null;
  dry_run_funds: StoredDryRunFunds | null;
  row_kinds: RowKinds;
  committed_chunk: number;
  committed_row: number;
  price_micro: string;
}
