import type { Output } from '#core/catalog/quote';
import type { Operation } from '#core/generations/recipe';

/** What is known of a fetched medium. */
interface FetchedMedium {
  name: string;
  widthPx?: number;
  heightPx?: number;
  durationS?: number;
}

/** The output of a generation once its media were read: a remade video is as long as its source, a modified one also of its shape. */
export function asFetched(output: Output, operation: Operation, fetched: readonly FetchedMedium[]): Output {
  const media = fetched.find(({ name }) => name === 'media');
  if (output.kind === 'image' || !media) return output;
  const durationS = media.durationS ?? output.durationS;
  if (operation !== 'modify') return { ...output, durationS };
  return { ...output, durationS, widthPx: media.widthPx ?? output.widthPx, heightPx: media.heightPx ?? output.heightPx };
}
