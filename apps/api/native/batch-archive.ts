import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { ManifestRow } from '#features/ingestion/batch-files.service';
import type { ObjectStorage } from '#platform/storage/object-storage';

/** Assets in one archive: its directory is kept in memory until the end. */
export const MAX_ARCHIVE_ROWS = 10_000;

/**
 * The assets of completed rows, named by row, in an archive that is written while it is read. Media are packed already and only stored.
 * An object that has been deleted meanwhile is left out.
 */
export function archiveOf(pages: AsyncIterable<readonly ManifestRow[]>, storage: ObjectStorage): NodeJS.ReadableStream {
  const zip = new ZipFile();
  fill(zip, pages, storage).then(
    () => zip.end(),
    (error: Error) => zip.emit('error', error),
  );
  const output = zip.outputStream as unknown as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  return output;
}

async function fill(zip: ZipFile, pages: AsyncIterable<readonly ManifestRow[]>, storage: ObjectStorage): Promise<void> {
  let rows = 0;
  for await (const page of pages) {
    for (const { rowNumber, assets } of page) {
      if (!assets) continue;
      for (const key of [assets.image, assets.video]) {
        const facts = key === undefined ? undefined : await storage.stat(key);
        if (!key || !facts) continue;
        const name = `${String(rowNumber).padStart(6, '0')}${key.slice(key.lastIndexOf('.'))}`;
        zip.addReadStreamLazy(name, { compress: false, mtime: facts.modifiedAt, size: facts.bytes }, (done) => {
          storage.read(key).then(
            (stream) => done(null, stream),
            (error: Error) => done(error, Readable.from([])),
          );
        });
      }
      rows += 1;
      if (rows >= MAX_ARCHIVE_ROWS) return;
    }
  }
}
