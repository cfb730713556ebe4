import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GZIP_RATIO_FROM_BYTES, MAX_GZIP_RATIO, MAX_UNPACKED_BYTES } from '#core/ingestion/limits';

/** The source cannot be read on from here; what came before it stands. The message is for the customer. */
export class SourceUnreadable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SourceUnreadable';
  }
}

/** The bytes of a source, unpacked as they are asked for. @throws SourceUnreadable for a broken archive, and for one that is a bomb */
export async function* unpacked(packed: Readable, isGzip: boolean): AsyncGenerator<Buffer> {
  if (!isGzip) {
    yield* packed as AsyncIterable<Buffer>;
    return;
  }
  let packedBytes = 0;
  let bytes = 0;
  packed.on('data', (piece: Buffer) => {
    packedBytes += piece.length;
  });
  packed.pause();
  const gunzip = createGunzip({ chunkSize: 65_536 });
  packed.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const piece of packed.pipe(gunzip) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > MAX_UNPACKED_BYTES) throw new SourceUnreadable(`the archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
      if (bytes > GZIP_RATIO_FROM_BYTES && bytes > packedBytes * MAX_GZIP_RATIO)
        throw new SourceUnreadable(`the archive unpacks to more than ${MAX_GZIP_RATIO} times its size`);
      yield piece;
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code?.startsWith('Z_')) throw new SourceUnreadable('the archive is not whole, or no gzip');
    throw error;
  } finally {
    packed.destroy();
    gunzip.destroy();
  }
}
