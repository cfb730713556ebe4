import type { Lanes } from '#sdk/types.gen';
import { sessionHeaders } from '#web/parts/api/session';
import { sseParser } from '#web/parts/live/sse';

const RECONNECT_MS = 1_000;
/** There is nothing to follow yet: nobody leads the pool class. */
const LOOK_AGAIN_MS = 10_000;
/** The server says something at least every 8 s. */
const SILENCE_MS = 12_000;
const DELTA_BYTES = 5;

/** Base64, five bytes a lane: three of its place, two of its cell. */
interface Delta {
  writtenAt: string;
  changes: string;
}

/** The lanes of a pool class as they are at one moment. Cells change in place with each delta. */
export interface LanesNow {
  states: readonly string[];
  slots: ReadonlyMap<number, { tenantId: string; name: string }>;
  ranges: Lanes['ranges'];
  cells: Uint16Array;
  writtenAtMs: number;
}

export interface FeedListener {
  /** Another picture: nodes or tenants have come or gone. */
  onPicture(lanes: LanesNow): void;
  /** Some lanes do something else. */
  onChange(lanes: LanesNow): void;
  /** Undefined while the stream lives. */
  onPaused?(sinceMs: number | undefined): void;
}

/** Follows the lanes of a pool class until the returned function is called. A stream that was cut begins with a snapshot again. */
export function followLanes(poolClass: string, listener: FeedListener): () => void {
  const ended = new AbortController();
  void read(poolClass, listener, ended.signal);
  return () => ended.abort();
}

async function read(poolClass: string, listener: FeedListener, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const hasFound = await readOnce(poolClass, listener, ended).catch(() => true); // cut or silent: it is tried again
    if (ended.aborted) return;
    listener.onPaused?.(Date.now());
    await new Promise((resolve) => setTimeout(resolve, hasFound ? RECONNECT_MS : LOOK_AGAIN_MS));
  }
}

/** @returns false when there is no such picture */
async function readOnce(poolClass: string, listener: FeedListener, ended: AbortSignal): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(`/api/v1/capacity/lanes/events?poolClass=${encodeURIComponent(poolClass)}`, {
      headers: { ...sessionHeaders('GET'), accept: 'text/event-stream' },
      credentials: 'same-origin',
      signal: AbortSignal.any([ended, silence.signal]),
    });
    if (response.status === 404) return false;
    if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
    listener.onPaused?.(undefined);
    let lanes: LanesNow | undefined;
    const parse = sseParser(({ event, data }) => {
      if (event === 'lanes') {
        lanes = lanesOf(JSON.parse(data) as Lanes);
        listener.onPicture(lanes);
      } else if (event === 'delta' && lanes) {
        applyDelta(lanes, JSON.parse(data) as Delta);
        listener.onChange(lanes);
      }
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      parse(value);
    }
  } finally {
    clearTimeout(timer);
  }
}

export function lanesOf({ states, slots, ranges, cells, writtenAt }: Lanes): LanesNow {
  const bytes = Uint8Array.from(atob(cells), (character) => character.charCodeAt(0));
  return {
    states,
    ranges,
    slots: new Map(slots.map(({ slot, tenantId, name }) => [slot, { tenantId, name }])),
    cells: Uint16Array.from({ length: bytes.length / 2 }, (_, at) => (bytes[2 * at] ?? 0) | ((bytes[2 * at + 1] ?? 0) << 8)),
    writtenAtMs: Date.parse(writtenAt),
  };
}

function applyDelta(lanes: LanesNow, { changes, writtenAt }: Delta): void {
  const bytes = Uint8Array.from(atob(changes), (character) => character.charCodeAt(0));
  const byte = (at: number) => bytes[at] ?? 0;
  for (let at = 0; at + DELTA_BYTES <= bytes.length; at += DELTA_BYTES) {
    const place = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16);
    lanes.cells[place] = byte(at + 3) | (byte(at + 4) << 8);
  }
  lanes.writtenAtMs = Date.parse(writtenAt);
}
