/** Contract 2.6: the reason that published clients know for media that cannot be read. */
export const UNREADABLE_INPUT_REASON = 'Failed to read user input frames';

/** Of one file that a customer points to. */
export const MAX_IMAGE_BYTES = 50_000_000;
export const MAX_VIDEO_BYTES = 100_000_000;
/** One file, from the first look at its host to its last byte. */
export const FETCH_TIMEOUT_MS = 40_000;
/** All files of one generation, decoded. */
export const FETCH_ALL_TIMEOUT_MS = 120_000;
/** Files of one generation. */
export const MAX_INPUTS = 16;
