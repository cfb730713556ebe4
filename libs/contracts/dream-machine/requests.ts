import { z } from 'zod';
import { MAX_CALLBACK_URL_CHARACTERS, MAX_INPUT_URL_CHARACTERS } from '#core/generations/limits';

// Published clients send explicit nulls and keys of their own: both are accepted. Values that the catalogue decides are plain strings
// here, since the answer to an unknown one is 400 with a sentence, while a wrong type is 422.

const CallbackUrl = z.url({ protocol: /^https?$/ }).max(MAX_CALLBACK_URL_CHARACTERS);
const MediaUrl = z.url({ protocol: /^https?$/ }).max(MAX_INPUT_URL_CHARACTERS);
const Weight = z.number().min(0).max(1);

const shared = {
  model: z.string().nullish(),
  prompt: z.string().nullish(),
  aspect_ratio: z.string().nullish(),
  callback_url: CallbackUrl.nullish(),
};

const Keyframe = z.discriminatedUnion('type', [
  z.object({ type: z.literal('image'), url: MediaUrl }),
  z.object({ type: z.literal('generation'), id: z.string() }),
]);
export type Keyframe = z.infer<typeof Keyframe>;

export const VideoRequest = z
  .object({
    generation_type: z.string().nullish(),
    ...shared,
    resolution: z.string().nullish(),
    duration: z.string().nullish(),
    loop: z.boolean().nullish(),
    keyframes: z.object({ frame0: Keyframe.nullish(), frame1: Keyframe.nullish() }).nullish(),
    concepts: z.array(z.object({ key: z.string() })).nullish(),
  })
  .meta({ id: 'DreamMachineVideoRequest' });
export type VideoRequest = z.infer<typeof VideoRequest>;

const WeightedReference = z.object({ url: MediaUrl, weight: Weight.nullish() });
const References = z.array(WeightedReference).nullish();
const Characters = z.record(z.string(), z.object({ images: z.array(MediaUrl) }).nullish()).nullish();

export const ImageRequest = z
  .object({
    generation_type: z.string().nullish(),
    ...shared,
    format: z.string().nullish(),
    /** Wait for the image, at most `sync_timeout` seconds; after that the answer is the generation as it is then. */
    sync: z.boolean().nullish(),
    sync_timeout: z.number().min(0).nullish(),
    image_ref: References,
    style_ref: References,
    character_ref: Characters,
    modify_image_ref: WeightedReference.nullish(),
    // Other names that a published client sends for the four above.
    image: References,
    style: References,
    character: Characters,
    modify_image: WeightedReference.nullish(),
  })
  .meta({ id: 'DreamMachineImageRequest' });
export type ImageRequest = z.infer<typeof ImageRequest>;

const Media = z.object({ url: MediaUrl });
const Pixels = z.number().int().min(-20_000).max(20_000).nullish();
/** In pixels: where the source stands in the result and how large (`grid_position`, `resized`), and which part of it is kept (`start`, `end`). */
const placement = {
  grid_position_x: Pixels,
  grid_position_y: Pixels,
  resized_width: z.number().int().min(1).max(20_000).nullish(),
  resized_height: z.number().int().min(1).max(20_000).nullish(),
  x_start: Pixels,
  x_end: Pixels,
  y_start: Pixels,
  y_end: Pixels,
};

export const ReframeImageRequest = z
  .object({
    generation_type: z.string().nullish(),
    ...shared,
    aspect_ratio: z.string(),
    media: Media,
    format: z.string().nullish(),
    ...placement,
  })
  .meta({ id: 'DreamMachineReframeImageRequest' });
export type ReframeImageRequest = z.infer<typeof ReframeImageRequest>;

export const ReframeVideoRequest = z
  .object({
    generation_type: z.string().nullish(),
    ...shared,
    aspect_ratio: z.string(),
    media: Media,
    first_frame: Media.nullish(),
    ...placement,
  })
  .meta({ id: 'DreamMachineReframeVideoRequest' });
export type ReframeVideoRequest = z.infer<typeof ReframeVideoRequest>;

export const ModifyVideoRequest = z
  .object({
    generation_type: z.string().nullish(),
    model: shared.model,
    prompt: shared.prompt,
    callback_url: shared.callback_url,
    media: Media,
    mode: z.string(),
    first_frame: Media.nullish(),
  })
  .meta({ id: 'DreamMachineModifyVideoRequest' });
export type ModifyVideoRequest = z.infer<typeof ModifyVideoRequest>;

export const UpscaleRequest = z
  .object({
    generation_type: z.string().nullish(),
    resolution: z.string().nullish(),
    callback_url: shared.callback_url,
  })
  .meta({ id: 'DreamMachineUpscaleRequest' });
export type UpscaleRequest = z.infer<typeof UpscaleRequest>;

export const AudioRequest = z
  .object({
    generation_type: z.string().nullish(),
    prompt: z.string().nullish(),
    negative_prompt: z.string().nullish(),
    callback_url: shared.callback_url,
  })
  .meta({ id: 'DreamMachineAudioRequest' });
export type AudioRequest = z.infer<typeof AudioRequest>;

export const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(10),
  offset: z.coerce.number().int().min(0).max(10_000).default(0),
});
export type ListQuery = z.infer<typeof ListQuery>;
