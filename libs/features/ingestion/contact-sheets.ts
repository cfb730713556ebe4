import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { contactSheetKey, RESULTS_PER_SHEET, sheetsOf } from '#core/ingestion/contact-sheets';
import type { ClaimedBatch } from '#features/ingestion/claim';
import { drawContactSheet, type Thumbnail } from '#media/jpeg/draw-contact-sheet';
import type { HotPool } from '#platform/database/hot-pool';
import { ObjectExists, type ObjectStorage } from '#platform/storage/object-storage';

const MAX_SHEET_BYTES = 20_000_000;
/** A picture that is larger is no thumbnail's source. */
const MAX_PICTURE_BYTES = 50_000_000;

interface Result {
  row_number: number;
  prompt: string;
  image: string | null;
}

/** Draws the sheets of a batch that has ended, one after the other. A sheet that is there already, from a worker that died, stays. */
export async function makeContactSheets(
  control: HotPool,
  storage: ObjectStorage,
  { tenantId, id, options }: ClaimedBatch,
  isStopped: () => boolean,
): Promise<void> {
  const [batch] = await control.query<{ completed_rows: number }>('SELECT completed_rows FROM batches WHERE tenant_id = $1 AND id = $2', [
    tenantId,
    id,
  ]);
  const sheets = sheetsOf(batch?.completed_rows ?? 0);
  for (let sheet = 1, afterRow = 0; sheet <= sheets; sheet += 1) {
    if (isStopped()) return;
    const results = await control.query<Result>(
      `SELECT row_number, prompt, assets ->> 'image' AS image FROM generations
        WHERE tenant_id = $1 AND batch_id = $2 AND row_number > $3 AND state = 'completed' ORDER BY row_number LIMIT $4`,
      [tenantId, id, afterRow, RESULTS_PER_SHEET],
    );
    const last = results.at(-1);
    if (!last) break;
    afterRow = last.row_number;
    const key = contactSheetKey(tenantId, id, sheet);
    if (await storage.stat(key)) continue;
    const thumbnails: Thumbnail[] = [];
    for (const { row_number, prompt, image } of results) {
      thumbnails.push({ image: image ? await picture(storage, image) : null, title: `Row ${row_number}`, caption: prompt });
    }
    const title = `${options.name ?? 'Batch'} · sheet ${sheet} of ${sheets} · rows ${results[0]?.row_number} to ${last.row_number}`;
    const page = await drawContactSheet(title, thumbnails);
    await storage.create(key, Readable.from([page]), { contentType: 'image/jpeg', maxBytes: MAX_SHEET_BYTES }).catch((error: unknown) => {
      if (!(error instanceof ObjectExists)) throw error;
    });
  }
  await control.query(
    `UPDATE batches SET sheets = $3, work = NULL, worker_until = NULL, work_attempts = 0 WHERE tenant_id = $1 AND id = $2 AND work = 'sheets'`,
    [tenantId, id, sheets],
  );
}

async function picture(storage: ObjectStorage, key: string): Promise<Buffer | null> {
  const facts = await storage.stat(key);
  return facts && facts.bytes <= MAX_PICTURE_BYTES ? buffer(await storage.read(key)) : null;
}
