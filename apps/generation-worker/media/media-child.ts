import type { FromMediaChild } from '#apps/generation-worker/media/media-reader';
import type { ForeignMedium } from '#media/foreign/foreign-medium';
import { readForeignMedium } from '#media/foreign/read-foreign-medium';

/** More memory than any medium within the limits needs. */
const MAX_RSS_BYTES = 1_000_000_000;
const LOOK_EVERY_MS = 50;

// Decoding happens on threads, so this goes on while it lasts.
setInterval(() => {
  if (process.memoryUsage.rss() > MAX_RSS_BYTES) process.exit(137);
}, LOOK_EVERY_MS);
process.once('disconnect', () => process.exit(0));

process.once('message', (medium: ForeignMedium) => {
  readForeignMedium(medium).then(
    (result) => tell({ result }),
    (error: unknown) => tell({ unreadable: error instanceof Error ? error.message : 'it cannot be decoded' }),
  );
});

function tell(message: FromMediaChild): void {
  process.send?.(message, () => process.exit(0));
}
