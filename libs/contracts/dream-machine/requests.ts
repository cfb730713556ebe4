import { z } from 'zod';
import { MAX_CALLBACK_URL_CHARACTERS } from '#core/generations/limits';

// Published clients send explicit nulls and keys of their own: both are accepted. Values that the catalogue decides are plain strings
// here, since the answer to an unknown one is 400 with a sentence, while a wrong type is 422.

const CallbackUrl = z.url({ protocol: /^https?$/ }).max(MAX_CALLBACK_URL_CHARACTERS);

/** Something that may be given and is not built yet: the service refuses it by name, whatever its shape. */
const NotYet = z.unknown().optional();

const shared = {
  model: z.string().nullish(),
  prompt: z.string().nullish(),
  aspect_ratio: z.string().nullish(),
  callback_url: CallbackUrl.nullish(),
};

export const VideoRequest = z
  .object({
    generation_type: z.literal('video').nullish(),
    ...shared,
    resolution: z.string().nullish(),
    duration: z.string().nullish(),
    loop: z.boolean().nullish(),
    keyframes: NotYet,
    concepts: NotYet,
  })
  .meta({ id: 'DreamMachineVideoRequest' });
export type VideoRequest = z.infer<typeof VideoRequest>;

export const ImageRequest = z
  .object({
    generation_type: z.literal('image').nullish(),
    ...shared,
    format: z.string().nullish(),
    sync: z.boolean().nullish(),
    sync_timeout: z.number().nullish(),
    image_ref: NotYet,
    image: NotYet,
    style_ref: NotYet,
    style: NotYet,
    character_ref: NotYet,
    character: NotYet,
    modify_image_ref: NotYet,
    modify_image: NotYet,
  })
  .meta({ id: 'DreamMachineImageRequest' });
export type ImageRequest = z.infer<typeof ImageRequest>;

export const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(10),
  offset: z.coerce.number().int().min(0).max(10_000).default(0),
});
export type ListQuery = z.infer<typeof ListQuery>;
