import type { RgbPicture } from '#media/rgb-picture';

/** Gathers what `judgeDraft` decides by. All figures are of BT.709 luma of sRGB values, 0…1. */
export class DraftMeter {
  private previous: Float64Array | undefined;
  private count = 0;
  private sum = 0;
  private sumOfSquares = 0;
  private changes = 0;
  private changeSum = 0;

  add(picture: RgbPicture): void {
    const lumas = lumasOf(picture);
    for (const [index, luma] of lumas.entries()) {
      this.sum += luma;
      this.sumOfSquares += luma * luma;
      if (this.previous) this.changeSum += Math.abs(luma - (this.previous[index] ?? luma));
    }
    this.count += lumas.length;
    if (this.previous) this.changes += lumas.length;
    this.previous = lumas;
  }

  /** `motion` only if there were at least two pictures. */
  metrics(): Record<string, number> {
    const meanLuma = this.sum / this.count;
    const contrast = Math.sqrt(Math.max(0, this.sumOfSquares / this.count - meanLuma ** 2));
    return { contrast, meanLuma, ...(this.changes > 0 && { motion: this.changeSum / this.changes }) };
  }
}

function lumasOf({ pixels, channels }: RgbPicture): Float64Array {
  const lumas = new Float64Array(pixels.length / channels);
  for (let index = 0, at = 0; index < lumas.length; index++, at += channels) {
    lumas[index] = (0.2126 * (pixels[at] ?? 0) + 0.7152 * (pixels[at + 1] ?? 0) + 0.0722 * (pixels[at + 2] ?? 0)) / 255;
  }
  return lumas;
}
