import { createRequire } from 'node:module';
import { GlobalFonts } from '@napi-rs/canvas';

const require = createRequire(import.meta.url);
const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese'];
const WEIGHTS = [500, 600];

/** A CSS family list. Each script is a family of its own, because each is a file of its own. Other scripts fall to the machine's fonts. */
export const CAPTION_FAMILY = SUBSETS.map((subset) => `"${familyOf(subset)}"`).join(', ');

/** From a package, not from the machine: captions look the same everywhere, also where no font is installed. */
export function registerCaptionFonts(): void {
  for (const subset of SUBSETS) {
    if (GlobalFonts.has(familyOf(subset))) continue;
    for (const weight of WEIGHTS) {
      const path = require.resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`);
      if (!GlobalFonts.registerFromPath(path, familyOf(subset))) throw new Error(`the font ${subset} ${weight} cannot be read`);
    }
  }
}

function familyOf(subset: string): string {
  return `Halogen Caption ${subset}`;
}
