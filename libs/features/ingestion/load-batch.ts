import { Readable } from 'node:stream';
import { CHUNK_ROWS } from '#core/ingestion/limits';
import { badRow } from '#core/ingestion/strict-json';
import type { Chunk } from '#features/ingestion/chunk-rows';
import type { ClaimedBatch } from '#features/ingestion/claim';
import { type ChunkOnItsWay, commitChunk, nothingOnItsWay } from '#features/ingestion/commit-chunk';
import { type BatchRow, SourceRows } from '#features/ingestion/source-rows';
import { SourceUnreadable, unpacked } from '#features/ingestion/unpack';
import type { Media } from '#features/understanding/media.service';
import type { LoaderPool } from '#platform/database/loader-pool';
import type { ObjectStorage } from '#platform/storage/object-storage';

export interface LoadingParts {
  pool: LoaderPool;
  storage: ObjectStorage;
  mediaOf(tenantId: string): Media;
  /** Asked between chunks. */
  isStopped(): boolean;
}

/**
 * Reads a batch's source from behind its watermark, and commits its rows chunk by chunk: while one is being committed the next is sent
 * and inserted, and the one after understood.
 * Ends when all is committed, when the batch was stopped, or when the process shall end; the watermark says where to go on.
 * @throws BatchMoved, DatabaseUnavailable
 */
export async function loadBatch(parts: LoadingParts, batch: ClaimedBatch): Promise<void> {
  const chunks = new ChunkCommits(parts.pool, batch);
  let gathered: BatchRow[] = [];
  let end: SourceUnreadable | undefined;
  let line = 0;
  const source = await sourceOf(parts.storage, batch);
  try {
    const rows = new SourceRows(batch, parts.mediaOf(batch.tenantId)).read(unpacked(source, batch.isGzip), batch.format);
    for await (const some of rows) {
      for (const row of some) gathered.push(row);
      line = some.at(-1)?.line ?? line;
      while (gathered.length >= CHUNK_ROWS) {
        const chunk = gathered.slice(0, CHUNK_ROWS);
        gathered = gathered.slice(CHUNK_ROWS);
        await chunks.add({ rows: chunk, isLast: false, endReason: null });
        if (chunks.hasStopped || parts.isStopped()) return await chunks.whenCommitted();
      }
    }
  } catch (error) {
    if (!(error instanceof SourceUnreadable)) throw error;
    end = error;
  } finally {
    source.destroy();
    await chunks.whenCommitted();
  }
  if (chunks.hasStopped) return;
  if (end) {
    const rowNumber = (gathered.at(-1)?.rowNumber ?? chunks.committedRow) + 1;
    gathered.push({ rowNumber, line: line + 1, content: '', refusal: badRow(null, end.message) });
  }
  await chunks.add({ rows: gathered, isLast: true, endReason: end ? end.message : null });
  await chunks.whenCommitted();
}

async function sourceOf(storage: ObjectStorage, { sourceKey, sourcePieces }: ClaimedBatch): Promise<Readable> {
  if (sourceKey !== null) return storage.read(sourceKey);
  return Readable.from(piecesOf(storage, sourcePieces), { objectMode: false });
}

/** One after the other: each is opened when the one before has been read. */
async function* piecesOf(storage: ObjectStorage, keys: readonly string[]): AsyncGenerator<Buffer> {
  for (const key of keys) yield* (await storage.read(key)) as AsyncIterable<Buffer>;
}

/** Commits chunks in their order, two of them on their way at once, while the caller prepares the next. */
class ChunkCommits {
  hasStopped = false;
  private last: ChunkOnItsWay;
  private lastButOne: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly pool: LoaderPool,
    private batch: ClaimedBatch,
  ) {
    this.last = nothingOnItsWay(batch);
  }

  get committedRow(): number {
    return this.batch.committedRow;
  }

  /** Answers when this chunk may begin, not when it is committed. @throws what a chunk before failed with */
  async add(chunk: Chunk): Promise<void> {
    await this.lastButOne;
    if (this.hasStopped) return;
    this.lastButOne = this.last.committed;
    this.last = commitChunk(this.pool, this.batch, this.last, chunk);
    this.last.committed.then(
      (batch) => this.note(batch),
      () => {}, // told to whoever waits for it
    );
  }

  async whenCommitted(): Promise<void> {
    await this.last.committed;
  }

  private note(batch: ClaimedBatch | null): void {
    if (batch) this.batch = batch;
    else this.hasStopped = true;
  }
}
