import { isUtf8 } from 'node:buffer';
import { MAX_LINE_BYTES } from '#core/ingestion/limits';
import { badRow, type RowRefusal } from '#core/ingestion/strict-json';

/** A line of the source, counted from 1. */
export type SourceLine = { line: number; text: string } | { line: number; refusal: RowRefusal };

const LF = 10;
const CR = 13;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts a stream into lines, as many at a time as a piece of it holds. A line that is too long is not kept but refused, so that memory
 * does not grow with it, and the lines behind it are read as if it were short.
 */
export async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<SourceLine[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let line = 0;
  const cut = (end: Buffer): SourceLine => {
    line += 1;
    const bytes = restBytes + end.length;
    const whole = restBytes === 0 ? end : Buffer.concat([...rest, end]);
    rest = [];
    restBytes = 0;
    return bytes > MAX_LINE_BYTES
      ? { line, refusal: badRow(null, `the line is longer than ${MAX_LINE_BYTES} bytes`) }
      : lineOf(line, line === 1 ? withoutBom(whole) : whole);
  };
  for await (const piece of source) {
    const lines: SourceLine[] = [];
    let from = 0;
    for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, from)) {
      lines.push(cut(piece.subarray(from, at)));
      from = at + 1;
    }
    if (from < piece.length) {
      // What lies past the limit is only counted.
      if (restBytes <= MAX_LINE_BYTES) rest.push(Buffer.from(piece.subarray(from)));
      restBytes += piece.length - from;
    }
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [cut(Buffer.alloc(0))];
}

function lineOf(line: number, bytes: Buffer): SourceLine {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
  if (!isUtf8(bytes)) return { line, refusal: badRow(null, 'not valid UTF-8') };
  return { line, text: bytes.toString('utf8', 0, end) };
}

function withoutBom(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes;
}
