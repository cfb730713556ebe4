import parseRange from 'range-parser';
import type { ByteRange } from '#platform/storage/object-storage';

/** The one range to send; undefined for the whole object, as for several ranges, which nobody's player asks for. */
export function byteRange(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  if (!header) return undefined;
  const ranges = parseRange(bytes, header, { combine: true });
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}
