import { Inject, Injectable } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';

/** One row of a batch and what became of it. */
export interface ManifestRow {
  rowNumber: number;
  generationId: string;
  state: string;
  model: string;
  prompt: string;
  serviceTier: string;
  servedFrom: string | null;
  settledMicro: bigint;
  priceMicro: bigint;
  seed: string;
  failureReason: string | null;
  createdAt: Date;
  firstBeganAt: Date | null;
  finishedAt: Date | null;
  /** Storage keys. */
  assets: { image?: string; video?: string } | null;
  request: Record<string, unknown>;
}

export interface ErrorRow {
  rowNumber: number;
  line: number;
  field: string | null;
  reason: string;
}

const ROWS_AT_ONCE = 1_000;

/** What a batch has to show, read page by page while it is sent: memory does not grow with the batch. */
@Injectable()
export class BatchFilesService {
  constructor(@Inject(HotPool) private readonly db: HotPool) {}

  async *manifest(tenantId: string, batchId: string, afterRow: number): AsyncGenerator<ManifestRow[]> {
    for (let after = afterRow; ; ) {
      const rows = await this.db.transaction('read manifest', [tenantId], (tx) =>
        tx.query<Omit<ManifestRow, 'settledMicro' | 'priceMicro'> & { settledMicro: string; priceMicro: string }>(
          `SELECT g.row_number AS "rowNumber", g.id AS "generationId", g.state, g.model, g.prompt, g.service_tier AS "serviceTier",
                  r.served_from AS "servedFrom", coalesce(r.settled_micro, 0) AS "settledMicro", g.price_micro AS "priceMicro", g.seed,
                  g.failure_reason AS "failureReason", g.created_at AS "createdAt", g.first_began_at AS "firstBeganAt",
                  g.finished_at AS "finishedAt", CASE WHEN g.deleted_at IS NULL AND g.state = 'completed' THEN g.assets END AS assets, g.request
             FROM generations g LEFT JOIN resolutions r ON r.tenant_id = g.tenant_id AND r.generation_id = g.id
            WHERE g.tenant_id = $1 AND g.batch_id = $2 AND g.row_number > $3
            ORDER BY g.row_number LIMIT ${ROWS_AT_ONCE}`,
          [tenantId, batchId, after],
        ),
      );
      if (rows.length > 0)
        yield rows.map((row) => ({ ...row, settledMicro: BigInt(row.settledMicro), priceMicro: BigInt(row.priceMicro) }));
      if (rows.length < ROWS_AT_ONCE) return;
      after = (rows.at(-1) as { rowNumber: number }).rowNumber;
    }
  }

  async *errors(tenantId: string, batchId: string, afterRow: number): AsyncGenerator<ErrorRow[]> {
    for (let after = afterRow; ; ) {
      const rows = await this.db.transaction('read batch errors', [tenantId], (tx) =>
        tx.query<ErrorRow>(
          `SELECT row_number AS "rowNumber", line, field, reason FROM batch_errors
            WHERE tenant_id = $1 AND batch_id = $2 AND row_number > $3 ORDER BY row_number LIMIT ${ROWS_AT_ONCE}`,
          [tenantId, batchId, after],
        ),
      );
      if (rows.length > 0) yield rows;
      if (rows.length < ROWS_AT_ONCE) return;
      after = (rows.at(-1) as ErrorRow).rowNumber;
    }
  }
}
