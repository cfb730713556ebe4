/** Of a picture, or of one frame of a video, before it is decoded. */
export const MAX_PIXELS = 50_000_000;
/** Longest side of what nodes get. Larger pictures are made smaller. */
export const MAX_SIDE_PX = 4_096;
/** Short side of a video that nodes get. */
export const MAX_VIDEO_SHORT_SIDE_PX = 720;
/** Pictures that are decoded of one video, whatever its header says. */
export const MAX_DECODED_FRAMES = 4_000;
export const FRAMES_PER_SECOND = 24;
