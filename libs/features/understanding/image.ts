import type { ImageRequest } from '#contracts/dream-machine/requests';
import type { RecipeInput } from '#core/generations/recipe';
import type { SubmitRequest } from '#features/generations/generations.service';
import type { PlaceOf } from '#features/understanding/media.service';
import { understandPrompt } from '#features/understanding/prompt';
import { DEFAULT_IMAGE_MODEL, requireType, submitRequest } from '#features/understanding/request';

/** Of references that carry no weight, as published clients fill them in. */
const DEFAULT_WEIGHTS = { image: 0.85, style: 0.8, modify: 1 };
/** Further styles would only blur the first. */
const STYLES_USED = 1;

/** A request for an image. @throws Misunderstood for what Dream Machine answers with 400 */
export function understandImage(body: ImageRequest, placeOf: PlaceOf): SubmitRequest {
  requireType(body.generation_type, 'image');
  const { model, aspect_ratio, format, prompt, callback_url, sync, sync_timeout } = body;
  const image_ref = body.image_ref ?? body.image;
  const style_ref = body.style_ref ?? body.style;
  const character_ref = body.character_ref ?? body.character;
  const modify_image_ref = body.modify_image_ref ?? body.modify_image;
  const faces = Object.values(character_ref ?? {}).flatMap((identity) => identity?.images ?? []);

  const weights: Record<string, number> = {};
  const inputs: RecipeInput[] = [];
  const add = (name: string, url: string, weight: number) => {
    weights[name] = weight;
    inputs.push({ name, kind: 'image', from: placeOf(url) });
  };
  if (modify_image_ref) add('modify', modify_image_ref.url, modify_image_ref.weight ?? DEFAULT_WEIGHTS.modify);
  for (const [index, { url, weight }] of (style_ref ?? []).slice(0, STYLES_USED).entries()) {
    add(`style${index + 1}`, url, weight ?? DEFAULT_WEIGHTS.style);
  }
  for (const [index, { url, weight }] of (image_ref ?? []).entries()) add(`image${index + 1}`, url, weight ?? DEFAULT_WEIGHTS.image);
  for (const [index, url] of faces.entries()) add(`character${index + 1}`, url, 1);

  const name = model ?? DEFAULT_IMAGE_MODEL;
  return submitRequest({
    output: { kind: 'image', model: name, aspectRatio: aspect_ratio ?? undefined, format: format ?? undefined },
    prompt: understandPrompt(prompt),
    recipe: { weights, inputs },
    callbackUrl: callback_url,
    echo: {
      ...{ generation_type: 'image', model: name, prompt, aspect_ratio, format, sync, sync_timeout },
      ...{ image_ref: listed(image_ref), style_ref: listed(style_ref), modify_image_ref: modify_image_ref && weighted(modify_image_ref) },
      character_ref: faces.length > 0 ? character_ref : undefined,
    },
  });
}

type Reference = { url: string; weight?: number | null };

function listed(references: readonly Reference[] | null | undefined) {
  return references && references.length > 0 ? references.map(weighted) : undefined;
}

function weighted({ url, weight }: Reference) {
  return weight === null || weight === undefined ? { url } : { url, weight };
}
