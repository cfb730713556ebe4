/** An sRGB colour as `#rrggbb`. */
export type HexColour = string;

/**
 * OKLCH to sRGB: equal steps of `lightness` (0…1) look equal, so a plan can set its contrast by lightness alone.
 * `chroma` is about 0…0.3, `hueDeg` in degrees; what sRGB cannot show is clipped per channel.
 */
export function hexOfOklch(lightness: number, chroma: number, hueDeg: number): HexColour {
  const hue = (hueDeg * Math.PI) / 180;
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return `#${[
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ]
    .map((linear) => byteOf(linear).toString(16).padStart(2, '0'))
    .join('')}`;
}

/** The sRGB transfer curve, rounded to 8 bits. */
function byteOf(linear: number): number {
  const clipped = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055));
}
