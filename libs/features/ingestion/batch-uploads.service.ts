import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { BatchOptions } from '#contracts/native/batches';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { MAX_UPLOAD_PIECES, UPLOAD_PIECE_BYTES } from '#core/ingestion/limits';
import { BatchesService, type BatchSource } from '#features/ingestion/batches.service';
import { StreamPieces } from '#features/ingestion/stream-pieces';
import { HotPool } from '#platform/database/hot-pool';
import { ObjectStorage } from '#platform/storage/object-storage';

/** A source that is still coming in. */
export interface BatchUpload {
  id: string;
  /** How many bytes have been kept. */
  offset: number;
  bytes: number;
  createdAt: Date;
}

/** Sources that come over several connections: what one of them brought is kept when it is cut, and the next goes on behind it. */
@Injectable()
export class BatchUploadsService {
  constructor(
    @Inject(HotPool) private readonly db: HotPool,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    private readonly batches: BatchesService,
  ) {}

  /** @returns the batch's id, which is the upload's too */
  async begin(caller: Caller, options: BatchOptions, source: Omit<BatchSource, 'content'>, bytes: number): Promise<string | NamedRefusal> {
    const id = await this.batches.announce(caller, options, source, null);
    if (typeof id !== 'string') return id;
    await this.db.transaction('begin upload', [caller.tenantId], (tx) =>
      tx.query('UPDATE batches SET upload_bytes = $3, source_bytes = 0 WHERE tenant_id = $1 AND id = $2', [caller.tenantId, id, bytes]),
    );
    return id;
  }

  /** Null for one that is not there, or no longer coming in. */
  async find({ tenantId }: Pick<Caller, 'tenantId'>, id: string): Promise<BatchUpload | null> {
    const [row] = await this.db.transaction('find upload', [tenantId], (tx) =>
      tx.query<{ source_bytes: string; upload_bytes: string; created_at: Date }>(
        `SELECT source_bytes, upload_bytes, created_at FROM batches
          WHERE tenant_id = $1 AND id = $2 AND upload_bytes IS NOT NULL AND state <> 'failed' AND state <> 'cancelled'`,
        [tenantId, id],
      ),
    );
    return row ? { id, offset: Number(row.source_bytes), bytes: Number(row.upload_bytes), createdAt: row.created_at } : null;
  }

  /**
   * Keeps what comes, piece by piece, from this offset on. When the connection is cut, what has arrived stays.
   * @returns the offset that it came to
   */
  async append({ tenantId }: Pick<Caller, 'tenantId'>, id: string, from: number, content: Readable): Promise<number> {
    const pieces = new StreamPieces(content);
    let offset = from;
    while (!pieces.hasEnded) {
      const key = `${tenantId}/batches/${id}/pieces/${String(offset).padStart(10, '0')}-${randomUUID()}`;
      const { bytes } = await this.storage.create(key, Readable.from(pieces.next(UPLOAD_PIECE_BYTES)), {
        contentType: 'application/octet-stream',
        maxBytes: UPLOAD_PIECE_BYTES + MAX_STREAM_PIECE_BYTES,
      });
      const isTaken = bytes > 0 && (await this.take(tenantId, id, offset, key, bytes));
      if (!isTaken) await this.storage.delete(key);
      if (bytes > 0 && !isTaken) break; // another connection went on from here, or it is not wanted any more
      offset += bytes;
    }
    return offset;
  }

  /** All bytes are there: the batch is the worker's. */
  async finish({ tenantId }: Pick<Caller, 'tenantId'>, id: string): Promise<void> {
    await this.db.transaction('receive batch', [tenantId], (tx) =>
      tx.query(
        `UPDATE batches SET state = 'validating', work = 'load'
          WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND source_bytes = upload_bytes RETURNING pg_notify('halogen_batch', '')`,
        [tenantId, id],
      ),
    );
  }

  private async take(tenantId: string, id: string, offset: number, key: string, bytes: number): Promise<boolean> {
    const taken = await this.db.transaction('take piece', [tenantId], (tx) =>
      tx.query(
        `UPDATE batches SET source_bytes = source_bytes + $4, source_pieces = source_pieces || $5::text
          WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND source_bytes = $3 AND source_bytes + $4 <= upload_bytes
            AND cardinality(source_pieces) < ${MAX_UPLOAD_PIECES} RETURNING 1`,
        [tenantId, id, offset, bytes, key],
      ),
    );
    return taken.length > 0;
  }
}

/** What one read of a connection can bring past the end of a piece. */
const MAX_STREAM_PIECE_BYTES = 1_000_000;
