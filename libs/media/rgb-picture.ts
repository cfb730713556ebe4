/** A picture in memory: sRGB, 8 bits a channel, full range, rows from the top without padding. */
export interface RgbPicture {
  widthPx: number;
  heightPx: number;
  /** With 4 the last one fills up the word and is ignored: pictures here are opaque. */
  channels: 3 | 4;
  pixels: Buffer;
}
