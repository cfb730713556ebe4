import type { IncomingMessage } from 'node:http';

const MAX_DRAINED_BYTES = 64_000_000;
const MAX_DRAIN_MS = 5_000;

/**
 * Reads the rest of a body that was refused, and forgets it. A client that is still sending when the answer closes the connection
 * meets a reset instead of the answer. Bounded: whoever sends for ever is cut off.
 */
export function drainBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(done, MAX_DRAIN_MS);
    function count(chunk: Buffer): void {
      bytes += chunk.length;
      if (bytes > MAX_DRAINED_BYTES) done();
    }
    function done(): void {
      clearTimeout(timer);
      request.off('data', count);
      resolve();
    }
    request.on('data', count);
    for (const event of ['end', 'close', 'error']) request.once(event, done);
    request.resume();
  });
}
