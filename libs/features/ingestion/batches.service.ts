import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as newId } from 'uuid';
import type { BatchOptions, BatchSourceUrl } from '#contracts/native/batches';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { afterCommand, type BatchCommand, type BatchRefusal, type BatchState, type BatchWork } from '#core/ingestion/batch-state';
import { MAX_SOURCE_BYTES, MAX_UNFINISHED_BATCHES } from '#core/ingestion/limits';
import { batchIdOf } from '#core/ingestion/row-ids';
import type { RowKinds } from '#core/ingestion/row-kinds';
import type { SourceFormat } from '#features/ingestion/source-rows';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';
import { ObjectStorage } from '#platform/storage/object-storage';
import { traceparentOf } from '#platform/telemetry/spans';

/** A batch as readers see it. */
export interface BatchReport {
  tenantId: string;
  id: string;
  name: string | null;
  state: BatchState;
  stateReason: string | null;
  options: BatchOptions;
  isDryRun: boolean;
  source: { format: SourceFormat; isGzip: boolean; bytes: number | null; expectedBytes: number | null; sha256: string | null };
  work: BatchWork | null;
  committedRow: number;
  acceptedRows: number;
  refusedRows: number;
  completedRows: number;
  failedRows: number;
  cancelledRows: number;
  priceMicro: bigint;
  missingMicro: bigint;
  burnLaneMs: number;
  rowKinds: RowKinds;
  sheets: number;
  createdAt: Date;
  loadedAt: Date | null;
  finishedAt: Date | null;
}

export interface BatchSource {
  format: SourceFormat;
  isGzip: boolean;
  /** Null for a batch that is its matrix. */
  content: Readable | null;
}

const TOO_MANY: NamedRefusal = {
  refused: 'limit_reached',
  detail: `A tenant has at most ${MAX_UNFINISHED_BATCHES} batches that have not ended: wait for one, or cancel it`,
};
const NOT_FOUND = { refused: 'not_found' } as const;

/** The customer's side of a batch. It takes bytes in and notes wishes; the rows are the background worker's. */
@Injectable()
export class BatchesService {
  constructor(
    @Inject(HotPool) private readonly db: HotPool,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {}

  /**
   * Keeps the source as it comes, no faster than it can be kept, and hands the batch to the worker.
   * @throws ObjectTooLarge; what the connection failed with. The batch has failed then.
   */
  async create(caller: Caller, options: BatchOptions, { content, ...source }: BatchSource): Promise<BatchReport | NamedRefusal> {
    const { tenantId } = caller;
    const id = batchIdOf(newId());
    const sourceKey = content ? `${tenantId}/batches/${id}/source` : null;
    const announced = await this.announce(caller, options, source, sourceKey, id);
    if (typeof announced !== 'string') return announced;
    try {
      const received = content && sourceKey ? await this.keep(sourceKey, content) : { bytes: 0, sha256: null };
      return await this.handOver(tenantId, id, received);
    } catch (error) {
      await this.noteCut(tenantId, id).catch(() => {}); // a sweep of what never arrived would find it too
      throw error;
    }
  }

  /** Notes where the source is: the worker fetches it. */
  async createFrom(caller: Caller, options: BatchOptions, { url, format, gzip }: BatchSourceUrl): Promise<BatchReport | NamedRefusal> {
    const { tenantId } = caller;
    const id = await this.announce(caller, options, { format, isGzip: gzip }, null);
    if (typeof id !== 'string') return id;
    return this.db.transaction('fetch batch', [tenantId], async (tx) => {
      await tx.query(
        `UPDATE batches SET work = 'fetch', source_url = $3, source_bytes = 0
          WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' RETURNING pg_notify('halogen_batch', '')`,
        [tenantId, id, url],
      );
      return (await this.read(tx, tenantId, id)) as BatchReport;
    });
  }

  /** A batch whose source is still to come. @returns its id */
  async announce(
    { tenantId, apiKeyId, project, askedTier }: Caller,
    given: BatchOptions,
    { format, isGzip }: Omit<BatchSource, 'content'>,
    sourceKey: string | null,
    id = batchIdOf(newId()),
  ): Promise<string | NamedRefusal> {
    // Not its key's and its tenant's: those are of single requests, and a batch is flex unless it is told.
    const options = { ...given, serviceTier: given.serviceTier ?? askedTier ?? project?.serviceTier ?? undefined };
    return this.db.transaction('create batch', [tenantId], async (tx) => {
      // One after the other within a tenant: two that counted at once would both find room.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('unfinished batches ' || $1, 0))`, [tenantId]);
      const [unfinished] = await tx.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM batches WHERE tenant_id = $1 AND finished_at IS NULL',
        [tenantId],
      );
      if ((unfinished?.count ?? 0) >= MAX_UNFINISHED_BATCHES) return TOO_MANY;
      await tx.query(
        `INSERT INTO batches (tenant_id, id, api_key_id, project_id, name, state, options, is_dry_run, source_format, source_is_gzip, source_key, traceparent)
         VALUES ($1, $2, $3, $4, $5, 'receiving', $6, $7, $8, $9, $10, $11)`,
        [
          tenantId,
          id,
          apiKeyId,
          project?.id ?? null,
          options.name ?? null,
          JSON.stringify(options),
          options.dryRun,
          format,
          isGzip,
          sourceKey,
          traceparentOf() ?? null,
        ],
      );
      return id;
    });
  }

  async get({ tenantId }: Pick<Caller, 'tenantId'>, id: string): Promise<BatchReport | null> {
    return this.db.transaction('get batch', [tenantId], (tx) => this.read(tx, tenantId, id));
  }

  /** Newest first. @param before the last batch of the page before */
  async list({ tenantId }: Caller, limit: number, before?: string): Promise<BatchReport[]> {
    const rows = await this.db.transaction('list batches', [tenantId], (tx) =>
      tx.query<BatchRow>(
        `SELECT ${COLUMNS} FROM batches
          WHERE tenant_id = $1 AND ($2::uuid IS NULL OR (created_at, id) < (SELECT created_at, id FROM batches WHERE tenant_id = $1 AND id = $2))
          ORDER BY created_at DESC, id DESC LIMIT $3`,
        [tenantId, before ?? null, limit],
      ),
    );
    return rows.map(reportOf);
  }

  /** Pause, resume, cancel, retry: the state changes at once, the rows follow. */
  async command({ tenantId }: Caller, id: string, command: BatchCommand): Promise<BatchReport | BatchRefusal | typeof NOT_FOUND> {
    return this.db.transaction(`${command} batch`, [tenantId], async (tx) => {
      const [locked] = await tx.query<{ state: BatchState; is_loaded: boolean }>(
        'SELECT state, loaded_at IS NOT NULL AS is_loaded FROM batches WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE',
        [tenantId, id],
      );
      if (!locked) return NOT_FOUND;
      const next = afterCommand(command, locked.state, locked.is_loaded);
      if ('refused' in next) return next;
      const [row] = await tx.query<BatchRow>(
        `UPDATE batches
            SET state = $3, work = $4, source_url = CASE WHEN $3 <> 'cancelled' THEN source_url END, work_row = 0, work_attempts = 0, worker_until = NULL, state_reason = $5,
                finished_at = CASE WHEN $3 = 'cancelled' AND $4::text IS NULL THEN now() WHEN $3 = 'cancelled' THEN finished_at END
          WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}, pg_notify('halogen_batch', '')`,
        [tenantId, id, next.state, next.work, command === 'pause' ? 'paused_by_customer' : null],
      );
      return reportOf(row as BatchRow);
    });
  }

  private async keep(key: string, content: Readable): Promise<{ bytes: number; sha256: Buffer }> {
    const sha256 = createHash('sha256');
    const hashing = new Transform({
      transform(piece: Buffer, _, done) {
        sha256.update(piece);
        done(null, piece);
      },
    });
    content.on('error', (error) => hashing.destroy(error));
    content.on('aborted', () => hashing.destroy(new Error('the connection was cut')));
    const { bytes } = await this.storage.create(key, content.pipe(hashing), {
      contentType: 'application/octet-stream',
      maxBytes: MAX_SOURCE_BYTES,
    });
    return { bytes, sha256: sha256.digest() };
  }

  private async handOver(tenantId: string, id: string, { bytes, sha256 }: { bytes: number; sha256: Buffer | null }): Promise<BatchReport> {
    return this.db.transaction('receive batch', [tenantId], async (tx) => {
      await tx.query(
        `UPDATE batches SET state = 'validating', work = 'load', source_bytes = $3, source_sha256 = $4
          WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' RETURNING pg_notify('halogen_batch', '')`,
        [tenantId, id, bytes, sha256],
      );
      return (await this.read(tx, tenantId, id)) as BatchReport;
    });
  }

  private async noteCut(tenantId: string, id: string): Promise<void> {
    await this.db.transaction('fail batch', [tenantId], (tx) =>
      tx.query(
        `UPDATE batches SET state = 'failed', state_reason = 'source_not_received', finished_at = now()
          WHERE tenant_id = $1 AND id = $2 AND state = 'receiving'`,
        [tenantId, id],
      ),
    );
  }

  private async read(tx: Tx, tenantId: string, id: string): Promise<BatchReport | null> {
    const [row] = await tx.query<BatchRow>(`SELECT ${COLUMNS} FROM batches WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
    return row ? reportOf(row) : null;
  }
}

const COLUMNS = `tenant_id, id, name, state, state_reason, options, is_dry_run, source_format, source_is_gzip, source_bytes,
  coalesce(upload_bytes, fetch_bytes) AS expected_bytes,
  encode(source_sha256, 'hex') AS source_sha256, work, committed_row, accepted_rows, refused_rows, completed_rows, failed_rows, cancelled_rows,
  price_micro, missing_micro, burn_lane_ms, row_kinds, sheets, created_at, loaded_at, finished_at`;

interface BatchRow {
  tenant_id: string;
  id: string;
  name: string | null;
  state: BatchState;
  state_reason: string | null;
  options: BatchOptions;
  is_dry_run: boolean;
  source_format: SourceFormat;
  source_is_gzip: boolean;
  source_bytes: string | null;
  expected_bytes: string | null;
  source_sha256: string | null;
  work: BatchWork | null;
  committed_row: number;
  accepted_rows: number;
  refused_rows: number;
  completed_rows: number;
  failed_rows: number;
  cancelled_rows: number;
  price_micro: string;
  missing_micro: string;
  burn_lane_ms: string;
  row_kinds: RowKinds;
  sheets: number;
  created_at: Date;
  loaded_at: Date | null;
  finished_at: Date | null;
}

function reportOf(row: BatchRow): BatchReport {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    name: row.name,
    state: row.state,
    stateReason: row.state_reason,
    options: row.options,
    isDryRun: row.is_dry_run,
    source: {
      format: row.source_format,
      isGzip: row.source_is_gzip,
      bytes: row.source_bytes === null ? null : Number(row.source_bytes),
      expectedBytes: row.expected_bytes === null ? null : Number(row.expected_bytes),
      sha256: row.source_sha256,
    },
    work: row.work,
    committedRow: row.committed_row,
    acceptedRows: row.accepted_rows,
    refusedRows: row.refused_rows,
    completedRows: row.completed_rows,
    failedRows: row.failed_rows,
    cancelledRows: row.cancelled_rows,
    priceMicro: BigInt(row.price_micro),
    missingMicro: BigInt(row.missing_micro),
    burnLaneMs: Number(row.burn_lane_ms),
    rowKinds: row.row_kinds,
    sheets: row.sheets,
    createdAt: row.created_at,
    loadedAt: row.loaded_at,
    finishedAt: row.finished_at,
  };
}
