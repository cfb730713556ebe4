import type { z } from 'zod';
import {
  ImageRequest,
  ModifyVideoRequest,
  ReframeImageRequest,
  ReframeVideoRequest,
  VideoRequest,
} from '#contracts/dream-machine/requests';
import type { SubmitRequest } from '#features/generations/generations.service';
import { understandImage } from '#features/understanding/image';
import type { Media } from '#features/understanding/media.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import { understandModify, understandReframeImage, understandReframeVideo } from '#features/understanding/operations';
import { understandVideo } from '#features/understanding/video';

type Answer = SubmitRequest | Promise<SubmitRequest>;
type Understand = (fields: Record<string, unknown>, media: Media) => Answer;

/** Requests that say all of themselves in their body. The other kinds are about a generation that the path names. */
const BY_TYPE: ReadonlyMap<string, Understand> = new Map([
  ['image', bodyOf(ImageRequest, (body, { placeOf }) => understandImage(body, placeOf))],
  ['video', bodyOf(VideoRequest, (body, { placeOf, find }) => understandVideo(body, placeOf, find))],
  ['reframe_image', bodyOf(ReframeImageRequest, (body, { placeOf }) => understandReframeImage(body, placeOf))],
  ['reframe_video', bodyOf(ReframeVideoRequest, (body, { placeOf }) => understandReframeVideo(body, placeOf))],
  ['modify_video', bodyOf(ModifyVideoRequest, (body, { placeOf }) => understandModify(body, placeOf))],
]);

/** What a Dream Machine body asks for that came without its route, by its own `generation_type`. @throws Misunderstood */
export function understandDreamMachine(fields: Record<string, unknown>, media: Media): Answer {
  const understand = BY_TYPE.get(String(fields.generation_type));
  if (understand) return understand(fields, media);
  throw new Misunderstood('unusable_input', `must be one of ${[...BY_TYPE.keys()].join(', ')}`, 'generation_type');
}

function bodyOf<Schema extends z.ZodType>(schema: Schema, understand: (body: z.infer<Schema>, media: Media) => Answer): Understand {
  return (fields, media) => {
    const parsed = schema.safeParse(fields);
    if (parsed.success) return understand(parsed.data, media);
    const [issue] = parsed.error.issues;
    throw new Misunderstood('unusable_input', issue?.message ?? 'does not fit', issue?.path.map(String).join('.') || null);
  };
}
