import type { Keyframe, VideoRequest } from '#contracts/dream-machine/requests';
import { isConcept } from '#core/catalog/camera-moves';
import { MAX_CONCEPTS } from '#core/generations/limits';
import type { InputPlace, RecipeInput } from '#core/generations/recipe';
import type { SubmitRequest } from '#features/generations/generations.service';
import { completedAssets, type FindSource, type PlaceOf } from '#features/understanding/media.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import { understandOptionalPrompt, understandPrompt } from '#features/understanding/prompt';
import { DEFAULT_VIDEO_MODEL, requireType, submitRequest } from '#features/understanding/request';

/** A request for a video. @throws Misunderstood for what Dream Machine answers with 400 */
export async function understandVideo(body: VideoRequest, placeOf: PlaceOf, find: FindSource): Promise<SubmitRequest> {
  requireType(body.generation_type, 'video');
  const { model, aspect_ratio, resolution, duration, prompt, callback_url, loop, keyframes, concepts } = body;
  const { frame0, frame1 } = keyframes ?? {};
  if (keyframes && !frame0 && !frame1) throw new Misunderstood('unusable_input', 'No keyframes provided');
  if (loop) refuseLoopWith(frame0, frame1);
  const keys = (concepts ?? []).map(({ key }) => knownConcept(key));
  if (keys.length > MAX_CONCEPTS) throw new Misunderstood('unusable_input', `Too many concepts, at most ${MAX_CONCEPTS} are supported`);
  const hasImage = frame0?.type === 'image' || frame1?.type === 'image';

  // An extended video goes on where its source ends; a reverse one ends where its source begins.
  const inputs: RecipeInput[] = [];
  if (frame0) inputs.push({ name: 'frame0', kind: 'image', from: await keyframePlace(frame0, 'last_frame', placeOf, find) });
  if (frame1) inputs.push({ name: 'frame1', kind: 'image', from: await keyframePlace(frame1, 'first_frame', placeOf, find) });
  const name = model ?? DEFAULT_VIDEO_MODEL;
  return submitRequest({
    output: {
      kind: 'video',
      model: name,
      aspectRatio: aspect_ratio ?? undefined,
      resolution: resolution ?? undefined,
      duration: duration ?? undefined,
    },
    prompt: hasImage ? understandOptionalPrompt(prompt) : understandPrompt(prompt),
    recipe: { loop: loop ?? false, concepts: keys, inputs },
    callbackUrl: callback_url,
    echo: {
      ...{ generation_type: 'video', model: name, prompt, aspect_ratio, resolution, duration, loop },
      keyframes: keyframes && { ...(frame0 && { frame0 }), ...(frame1 && { frame1 }) },
      concepts: keys.length > 0 ? concepts : undefined,
    },
  });
}

function refuseLoopWith(frame0: Keyframe | null | undefined, frame1: Keyframe | null | undefined): void {
  if (!frame1) return;
  const what =
    frame1.type === 'generation' ? (frame0?.type === 'generation' ? 'interpolate' : 'extend reverse') : frame0 ? 'keyframes' : 'end frame';
  throw new Misunderstood('unusable_input', `Loop is not supported for ${what}`);
}

async function keyframePlace(
  keyframe: Keyframe,
  take: 'first_frame' | 'last_frame',
  placeOf: PlaceOf,
  find: FindSource,
): Promise<InputPlace> {
  if (keyframe.type === 'image') return placeOf(keyframe.url);
  const source = await find(keyframe.id);
  if (!source) throw new Misunderstood('unusable_input', 'Keyframe generation not found');
  const { video, image } = completedAssets(source, 'Keyframe generation');
  return video ? { asset: video, take } : { asset: image, take: 'whole' };
}

function knownConcept(key: string): string {
  if (isConcept(key)) return key;
  throw new Misunderstood(
    'unusable_input',
    `Concept ${key.slice(0, 60)} is not supported. Valid ones are listed at /generations/concepts/list`,
  );
}
