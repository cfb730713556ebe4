import { open } from 'node:fs/promises';
import { UnreadableMedium } from '#media/foreign/foreign-medium';

/** The index of a film of the longest and finest that is read at all is far smaller. */
const MAX_INDEX_BYTES = 32_000_000;
const MAX_OUTER_BOXES = 10_000;
/** Boxes that hold the boxes we look for. */
const CONTAINERS: ReadonlySet<string> = new Set(['trak', 'mdia', 'minf', 'dinf']);
/** A film that is only a list of other films, and an index that is packed, in which one could hide. */
const REFUSED: ReadonlySet<string> = new Set(['rmra', 'cmov']);
const IN_THIS_FILE = 1;

/** Refuses an MP4 or MOV whose data are, or are said to be, in another place. The decoder would not go there; nobody else shall either. @throws UnreadableMedium */
export async function refuseReferences(path: string): Promise<void> {
  const index = await indexOf(path);
  if (!index) throw new UnreadableMedium('it has no index');
  look(index);
}

/** The inside of the outermost `moov`. */
async function indexOf(path: string): Promise<Buffer | undefined> {
  await using file = await open(path);
  const { size } = await file.stat();
  const header = Buffer.alloc(16);
  for (let position = 0, boxes = 0; position + 8 <= size && boxes < MAX_OUTER_BOXES; boxes++) {
    await file.read(header, 0, 16, position);
    const short = header.readUInt32BE(0);
    const length = short === 1 ? Number(header.readBigUInt64BE(8)) : short === 0 ? size - position : short;
    const start = short === 1 ? 16 : 8;
    if (length < start) return undefined;
    if (header.toString('latin1', 4, 8) === 'moov') {
      if (length > MAX_INDEX_BYTES) throw new UnreadableMedium('its index is too large');
      const inside = Buffer.alloc(Math.max(0, Math.min(length, size - position) - start));
      await file.read(inside, 0, inside.length, position + start);
      return inside;
    }
    position += length;
  }
  return undefined;
}

function look(inside: Buffer): void {
  for (const { type, content } of boxesIn(inside)) {
    if (REFUSED.has(type)) throw new UnreadableMedium(`it has a box '${type}'`);
    if (CONTAINERS.has(type)) look(content);
    // Four bytes of version and flags, four of the count; then each entry is a box whose own flags say whether it means this file.
    if (type === 'dref') for (const { content: entry } of boxesIn(content.subarray(8))) requireHere(entry);
  }
}

function requireHere(entry: Buffer): void {
  if (entry.length < 4 || ((entry[3] ?? 0) & IN_THIS_FILE) === 0) throw new UnreadableMedium('its data are in another place');
}

function* boxesIn(inside: Buffer): Generator<{ type: string; content: Buffer }> {
  for (let position = 0; position + 8 <= inside.length; ) {
    const length = inside.readUInt32BE(position);
    if (length < 8) return; // the end mark of QuickTime, or nonsense
    yield { type: inside.toString('latin1', position + 4, position + 8), content: inside.subarray(position + 8, position + length) };
    position += length;
  }
}
