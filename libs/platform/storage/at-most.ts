import { ObjectTooLarge } from '#platform/storage/object-storage';

/** Passes a stream on, and ends it with ObjectTooLarge past a number of bytes. */
export function atMost(maxBytes: number) {
  return async function* (source: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new ObjectTooLarge(maxBytes);
      yield chunk;
    }
  };
}
