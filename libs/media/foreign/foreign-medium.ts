import type { ForeignFormat } from '#media/foreign/sniff';

/** A file from outside, and what is wanted of it. */
export interface ForeignMedium {
  path: string;
  format: ForeignFormat;
  want: WantedMedium;
  /** Where the result goes; it does not exist yet. */
  toPath: string;
}

export type WantedMedium = { kind: 'image'; take: 'whole' | 'first_frame' | 'last_frame' } | { kind: 'video'; maxSeconds: number };

/** The result: PNG or MP4 of our own making. */
export interface ReadMedium {
  widthPx: number;
  heightPx: number;
  durationS?: number;
  frames?: number;
}

/** The file cannot be, or may not be, what is wanted: another try would end the same way. */
export class UnreadableMedium extends Error {
  override readonly name = 'UnreadableMedium';
}
