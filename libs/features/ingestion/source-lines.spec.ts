import { expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '#core/ingestion/limits';
import { linesOf, type SourceLine } from '#features/ingestion/source-lines';

/** In bytes. The real thing is `HALOGEN_TEST_LINE_BYTES=1000000000`. */
const LINE_BYTES = Number(process.env.HALOGEN_TEST_LINE_BYTES ?? 64_000_000);
const PIECE_BYTES = 64_000;
/** What a collector may be behind with. */
const SLACK_BYTES = 40_000_000;

it('refuses a line that never ends, holds none of it, and reads its neighbours', { timeout: 120_000 }, async () => {
  const found: SourceLine[] = [];
  const piece = Buffer.alloc(PIECE_BYTES, 'x');
  const atStart = process.memoryUsage.rss();
  let mostBytes = atStart;
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from('before\n');
    for (let sent = 0; sent < LINE_BYTES; sent += PIECE_BYTES) {
      yield piece;
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    }
    yield Buffer.from('\nafter\n');
  }
  for await (const lines of linesOf(source())) found.push(...lines);
  expect(found).toEqual([
    { line: 1, text: 'before' },
    { line: 2, refusal: { refused: 'bad_row', field: null, reason: `the line is longer than ${MAX_LINE_BYTES} bytes` } },
    { line: 3, text: 'after' },
  ]);
  expect(mostBytes - atStart).toBeLessThan(SLACK_BYTES);
});
