/** The formats that customers may bring. No SVG, PDF or playlist: those are programs that read other things. */
export type ForeignFormat = 'png' | 'jpeg' | 'webp' | 'mov';

/** How many bytes `sniff` wants to see. */
export const SNIFF_BYTES = 16;

/** First boxes of files that are older than `ftyp`. */
const QUICKTIME_BOXES: ReadonlySet<string> = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip']);
/** Brands of images in the same box format. */
const IMAGE_BRANDS = /^(avif|avis|heic|heix|hevc|hevx|mif1|msf1)$/;

/** What a file is, by its first bytes alone: names and content types are only what someone says of it. MP4 and MOV are one format, `mov`. */
export function sniff(start: Buffer): ForeignFormat | undefined {
  const latin = start.toString('latin1');
  if (latin.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (latin.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (latin.startsWith('RIFF') && latin.slice(8, 12) === 'WEBP') return 'webp';
  const box = latin.slice(4, 8);
  if (QUICKTIME_BOXES.has(box) && !(box === 'ftyp' && IMAGE_BRANDS.test(latin.slice(8, 12)))) return 'mov';
  return undefined;
}
