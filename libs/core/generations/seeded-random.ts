/** Numbers in [0, 1) that depend on the seed alone: the same on every machine and in every run. */
export type SeededRandom = () => number;

/** Mulberry32: 32 bits of state, good enough for pictures, not for secrets. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a over UTF-16 code units, as an unsigned 32-bit number. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** A number in [low, high). */
export function between(random: SeededRandom, low: number, high: number): number {
  return low + random() * (high - low);
}

/** One of the choices; there must be at least one. */
export function pick<T>(random: SeededRandom, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}
