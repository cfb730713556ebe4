import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import {
  FETCH_KEPT_HOURS,
  FETCH_STALL_MS,
  MAX_FETCH_ATTEMPTS,
  MAX_SOURCE_BYTES,
  MAX_UPLOAD_PIECES,
  UPLOAD_PIECE_BYTES,
} from '#core/ingestion/limits';
import { recordEvents } from '#features/events/events.service';
import type { ClaimedBatch, SourceFetch } from '#features/ingestion/claim';
import { BatchMoved } from '#features/ingestion/commit-chunk';
import { StreamPieces } from '#features/ingestion/stream-pieces';
import type { HotPool } from '#platform/database/hot-pool';
import type { OpenOutcome, OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import type { ObjectStorage } from '#platform/storage/object-storage';

export interface FetchingParts {
  control: HotPool;
  storage: ObjectStorage;
  downloads: OutboundDownloads;
  /** Asked every second. */
  isStopped(): boolean;
}

/** What one read of a connection can bring past the end of a piece. */
const MAX_STREAM_PIECE_BYTES = 1_000_000;
const LOOK_EVERY_MS = 1_000;
/** Answers that another attempt may change. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const FIRST_RETRY_S = 1;
const MAX_RETRY_S = 30;

/**
 * Brings a batch's source from its URL into storage, piece by piece. What came before a connection was cut is kept, and the next one asks for
 * what is behind it, if the other side still calls its bytes the same; else it begins anew.
 * @returns 'later' when it is to be tried again once the claim has run out
 * @throws BatchMoved when it is not wanted any more, DatabaseUnavailable
 */
export async function fetchSource(parts: FetchingParts, batch: ClaimedBatch): Promise<'settled' | 'later'> {
  if (!batch.fetch) throw new Error(`batch ${batch.id} has no source to fetch`);
  const watch = new Stall(parts.isStopped);
  let opened: OpenOutcome | undefined;
  try {
    opened = await parts.downloads.open({ url: batch.fetch.url, headers: rangeOf(batch.fetch), signal: watch.signal });
    if (opened.kind === 'refused') return await giveUp(parts, batch, opened.detail);
    if (opened.kind === 'failed') return await tryLater(parts, batch, opened.detail, batch.attempts);
    return await take(parts, batch, batch.fetch, opened, watch);
  } finally {
    watch.stop();
    if (opened?.kind === 'opened') await opened.close();
  }
}

/** Without a name for the bytes that are kept there is no telling whether the rest still belongs to them. */
function rangeOf({ offset, version }: SourceFetch): Record<string, string> {
  return offset > 0 && version !== null ? { range: `bytes=${offset}-`, 'if-range': version } : {};
}

type Opened = Extract<OpenOutcome, { kind: 'opened' }>;

async function take(
  parts: FetchingParts,
  batch: ClaimedBatch,
  from: SourceFetch,
  answer: Opened,
  watch: Stall,
): Promise<'settled' | 'later'> {
  const { status, headers } = answer;
  if (TRANSIENT_STATUSES.has(status)) return tryLater(parts, batch, `It answered ${status}.`, batch.attempts);
  if (status !== 200 && status !== 206) return giveUp(parts, batch, `It answered ${status}.`);
  const range = status === 206 ? /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') : null;
  if (status === 206 && Number(range?.[1]) !== from.offset)
    return giveUp(parts, batch, 'It answered with another range than was asked for.');
  const start = status === 206 ? from.offset : 0;
  const totalBytes = numberOf(status === 206 ? range?.[2] : headers['content-length']);
  if (totalBytes !== null && totalBytes > MAX_SOURCE_BYTES) return giveUp(parts, batch, `It has more than ${MAX_SOURCE_BYTES} bytes.`);
  await begin(parts, batch, start, totalBytes, headers);

  const pieces = new StreamPieces(watch.over(answer.body));
  let offset = start;
  while (!pieces.hasEnded) {
    const bytes = await keepPiece(parts, batch, offset, pieces);
    offset += bytes;
    if (offset > MAX_SOURCE_BYTES) return giveUp(parts, batch, `It has more than ${MAX_SOURCE_BYTES} bytes.`);
  }
  const isWhole = pieces.failure === undefined && (totalBytes === null || offset === totalBytes);
  if (isWhole) return hand(parts, batch);
  if (parts.isStopped()) return 'settled'; // the next worker goes on at once
  return tryLater(parts, batch, `The connection was cut after ${offset} bytes.`, offset > start ? 1 : batch.attempts);
}

/** Notes what is coming. Pieces of a former attempt that this one does not go on with are dropped. */
async function begin(
  { control, storage }: FetchingParts,
  { tenantId, id, sourcePieces }: ClaimedBatch,
  start: number,
  totalBytes: number | null,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const begun = await control.query(
    `UPDATE batches SET source_bytes = $3::bigint, fetch_bytes = $4, source_version = $5, state_reason = NULL,
            source_pieces = CASE WHEN $3::bigint = 0 THEN '{}' ELSE source_pieces END,
            source_is_gzip = source_is_gzip OR $6
      WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND work = 'fetch' RETURNING 1`,
    [tenantId, id, start, totalBytes, versionOf(headers), headers['content-encoding'] === 'gzip'],
  );
  if (begun.length === 0) throw new BatchMoved();
  if (start === 0) for (const key of sourcePieces) await storage.delete(key);
}

async function keepPiece(
  { control, storage }: FetchingParts,
  { tenantId, id }: ClaimedBatch,
  offset: number,
  pieces: StreamPieces,
): Promise<number> {
  const key = `${tenantId}/batches/${id}/pieces/${String(offset).padStart(10, '0')}-${randomUUID()}`;
  const { bytes } = await storage.create(key, Readable.from(pieces.next(UPLOAD_PIECE_BYTES)), {
    contentType: 'application/octet-stream',
    maxBytes: UPLOAD_PIECE_BYTES + MAX_STREAM_PIECE_BYTES,
  });
  const taken =
    bytes === 0
      ? []
      : await control.query(
          `UPDATE batches SET source_bytes = source_bytes + $4::bigint, source_pieces = source_pieces || $5::text, work_attempts = 0
            WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND work = 'fetch' AND source_bytes = $3
              AND cardinality(source_pieces) < ${MAX_UPLOAD_PIECES} RETURNING 1`,
          [tenantId, id, offset, bytes, key],
        );
  if (taken.length === 0) await storage.delete(key);
  if (bytes > 0 && taken.length === 0) throw new BatchMoved();
  return bytes;
}

/** All bytes are there. The link is forgotten: such links often carry a secret. */
async function hand({ control }: FetchingParts, { tenantId, id }: ClaimedBatch): Promise<'settled'> {
  await control.query(
    `UPDATE batches SET state = 'validating', work = 'load', work_attempts = 0, source_url = NULL, state_reason = NULL, fetch_bytes = source_bytes
      WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND work = 'fetch' RETURNING pg_notify('halogen_batch', '')`,
    [tenantId, id],
  );
  return 'settled';
}

/** @param attempts in a row that brought nothing, this one included */
async function tryLater(parts: FetchingParts, batch: ClaimedBatch, detail: string, attempts: number): Promise<'settled' | 'later'> {
  if (attempts >= MAX_FETCH_ATTEMPTS) return giveUp(parts, batch, detail);
  const waitS = Math.min(FIRST_RETRY_S * 2 ** (attempts - 1), MAX_RETRY_S);
  const [row] = await parts.control.query<{ is_too_late: boolean }>(
    `UPDATE batches SET state_reason = $3, worker_until = now() + make_interval(secs => $4)
      WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND work = 'fetch'
     RETURNING created_at < now() - interval '${FETCH_KEPT_HOURS} hours' AS is_too_late`,
    [batch.tenantId, batch.id, `source_interrupted: ${detail}`, waitS],
  );
  if (!row) throw new BatchMoved();
  return row.is_too_late ? giveUp(parts, batch, detail) : 'later';
}

async function giveUp({ control }: FetchingParts, { tenantId, id }: ClaimedBatch, detail: string): Promise<'settled'> {
  const reason = `source_not_fetched: ${detail}`;
  await control.transaction('give up fetch', [], async (tx) => {
    const failed = await tx.query(
      `UPDATE batches SET state = 'failed', state_reason = $3, work = NULL, worker_until = NULL, source_url = NULL, finished_at = now()
        WHERE tenant_id = $1 AND id = $2 AND state = 'receiving' AND work = 'fetch' RETURNING 1`,
      [tenantId, id, reason],
    );
    if (failed.length > 0) await recordEvents(tx, [{ tenantId, type: 'batch.failed', data: { batchId: id, reason } }]);
  });
  return 'settled';
}

/** A strong entity tag, else the time of the last change, as `If-Range` takes them. */
function versionOf({ etag, 'last-modified': modified }: IncomingHttpHeaders): string | null {
  const version = etag?.startsWith('"') ? etag : modified;
  return version !== undefined && version.length <= 200 ? version : null;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Ends a connection that brings nothing any more, or that its process cannot wait for. */
class Stall {
  private readonly controller = new AbortController();
  private quietSince = Date.now();
  private readonly timer: NodeJS.Timeout;

  constructor(isStopped: () => boolean) {
    this.timer = setInterval(() => {
      if (isStopped() || Date.now() - this.quietSince > FETCH_STALL_MS) this.controller.abort();
    }, LOOK_EVERY_MS);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The same bytes; each is a sign of life. */
  over(body: Readable): Readable {
    const note = () => {
      this.quietSince = Date.now();
    };
    async function* noted(): AsyncGenerator<Buffer> {
      for await (const piece of body as AsyncIterable<Buffer>) {
        note();
        yield piece;
      }
    }
    return Readable.from(noted(), { objectMode: false });
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
