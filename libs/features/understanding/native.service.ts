import type { CreateGeneration } from '#contracts/native/generations';
import { MODELS } from '#core/catalog/models';
import type { Media } from '#features/understanding/media.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import { type Understood, understandRecipe } from '#features/understanding/native-recipe';

/**
 * What a native request asks for, alone or as a row of a batch. One that starts from its prompt alone is understood at once; the media
 * of others may have to be looked for. @throws Misunderstood
 */
export function understandNative(body: CreateGeneration, media: Media): Understood | Promise<Understood> {
  return isPlain(body) ? understandPlain(body) : understandRecipe(body, media);
}

/** Whether it asks for nothing but a new picture or clip from its prompt. */
function isPlain(body: CreateGeneration): boolean {
  return RECIPE_FIELDS.every((field) => body[field] === undefined);
}

function understandPlain({ model, prompt, aspectRatio, resolution, duration, format }: CreateGeneration): Understood {
  if (model === undefined || prompt === undefined) {
    const field = model === undefined ? 'model' : 'prompt';
    throw new Misunderstood('missing_field', 'is required', field);
  }
  // An unknown model is refused by the catalogue, which then names all there are of this kind.
  const kind = Object.hasOwn(MODELS, model) ? (MODELS[model]?.kind ?? 'video') : 'video';
  return { output: { kind, model, aspectRatio, resolution, duration, format }, prompt };
}

const RECIPE_FIELDS = [
  'operation',
  'source',
  'loop',
  'keyframes',
  'concepts',
  'references',
  'mode',
  'firstFrame',
  'placement',
  'negativePrompt',
] as const satisfies (keyof CreateGeneration)[];
