import type { Readable } from 'node:stream';

/** Cuts a stream into pieces, read one after the other. A stream that fails ends its piece: what came before is whole. */
export class StreamPieces {
  hasEnded = false;
  /** What the stream ended with, when it was not its end. */
  failure: unknown;
  private readonly iterator: AsyncIterator<Buffer>;

  constructor(stream: Readable) {
    this.iterator = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** The next piece: as long as this, and a read longer at most; shorter only at the end. */
  async *next(bytes: number): AsyncGenerator<Buffer> {
    for (let taken = 0; taken < bytes; ) {
      const read = await this.iterator.next().catch((error: unknown) => {
        this.failure = error;
        return { done: true as const, value: undefined };
      });
      if (read.done) {
        this.hasEnded = true;
        return;
      }
      taken += read.value.length;
      yield read.value;
    }
  }
}
