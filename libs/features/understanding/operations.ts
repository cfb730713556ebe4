import type {
  AudioRequest,
  ModifyVideoRequest,
  ReframeImageRequest,
  ReframeVideoRequest,
  UpscaleRequest,
} from '#contracts/dream-machine/requests';
import type { VideoOutput } from '#core/catalog/quote';
import { MODIFY_MODES, type ModifyMode, type Placement, type RecipeInput } from '#core/generations/recipe';
import type { SubmitRequest } from '#features/generations/generations.service';
import { completedAssets, type PlaceOf, type SourceGeneration } from '#features/understanding/media.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import { understandOptionalPrompt, understandText } from '#features/understanding/prompt';
import { DEFAULT_IMAGE_MODEL, DEFAULT_VIDEO_MODEL, requireType, submitRequest } from '#features/understanding/request';

/** The same video, larger. @throws Misunderstood */
export function understandUpscale(body: UpscaleRequest, generation: SourceGeneration): SubmitRequest {
  requireType(body.generation_type, 'upscale_video');
  const { source, input } = sourceVideo(generation, 'upscaled');
  return submitRequest({
    output: { kind: 'video', model: generation.model, resolution: body.resolution ?? undefined, source },
    prompt: '',
    recipe: { operation: 'upscale', inputs: [input] },
    callbackUrl: body.callback_url,
    echo: { generation_type: 'upscale_video', resolution: body.resolution },
  });
}

/** The same video with sound. Without a prompt it sounds as the video's own prompt reads. @throws Misunderstood */
export function understandAudio(body: AudioRequest, generation: SourceGeneration): SubmitRequest {
  requireType(body.generation_type, 'add_audio');
  const { source, input } = sourceVideo(generation, 'given audio');
  const { prompt, negative_prompt } = body;
  const ownPrompt = typeof generation.request.prompt === 'string' ? generation.request.prompt : '';
  return submitRequest({
    output: { kind: 'video', model: generation.model, source },
    prompt: understandOptionalPrompt(prompt) || ownPrompt,
    recipe: { operation: 'add_audio', negativePrompt: understandText(negative_prompt ?? ''), inputs: [input] },
    callbackUrl: body.callback_url,
    echo: { generation_type: 'add_audio', prompt, negative_prompt },
  });
}

/** An image in another shape, with more around it. @throws Misunderstood */
export function understandReframeImage(body: ReframeImageRequest, placeOf: PlaceOf): SubmitRequest {
  requireType(body.generation_type, 'reframe_image');
  const { model, prompt, aspect_ratio, format, media, callback_url } = body;
  const name = model ?? DEFAULT_IMAGE_MODEL;
  return submitRequest({
    output: { kind: 'image', model: name, aspectRatio: aspect_ratio, format: format ?? undefined },
    prompt: understandOptionalPrompt(prompt),
    recipe: {
      operation: 'reframe',
      placement: placementOf(body),
      inputs: [{ name: 'media', kind: 'image', from: placeOf(media.url) }],
    },
    callbackUrl: callback_url,
    echo: { generation_type: 'reframe_image', model: name, prompt, aspect_ratio, format, media, ...placementEcho(body) },
  });
}

/** A video in another shape, with more around it. @throws Misunderstood */
export function understandReframeVideo(body: ReframeVideoRequest, placeOf: PlaceOf): SubmitRequest {
  requireType(body.generation_type, 'reframe_video');
  const { model, prompt, aspect_ratio, media, first_frame, callback_url } = body;
  const name = model ?? DEFAULT_VIDEO_MODEL;
  return submitRequest({
    output: { kind: 'video', model: name, aspectRatio: aspect_ratio },
    prompt: understandOptionalPrompt(prompt),
    recipe: { operation: 'reframe', placement: placementOf(body), inputs: mediaInputs(media, first_frame, placeOf) },
    callbackUrl: callback_url,
    echo: { generation_type: 'reframe_video', model: name, prompt, aspect_ratio, media, first_frame, ...placementEcho(body) },
  });
}

/** A video made anew, as near to its source as the mode says. @throws Misunderstood */
export function understandModify(body: ModifyVideoRequest, placeOf: PlaceOf): SubmitRequest {
  requireType(body.generation_type, 'modify_video');
  const { model, prompt, media, mode, first_frame, callback_url } = body;
  if (!isMode(mode)) {
    throw new Misunderstood('unusable_input', `Mode ${mode.slice(0, 60)} is not supported. Valid: ${MODIFY_MODES.join(', ')}`);
  }
  const name = model ?? DEFAULT_VIDEO_MODEL;
  return submitRequest({
    output: { kind: 'video', model: name },
    prompt: understandOptionalPrompt(prompt),
    recipe: { operation: 'modify', mode, inputs: mediaInputs(media, first_frame, placeOf) },
    callbackUrl: callback_url,
    echo: { generation_type: 'modify_video', model: name, prompt, media, mode, first_frame },
  });
}

function sourceVideo(generation: SourceGeneration, verb: string): { source: VideoOutput; input: RecipeInput } {
  const { video } = completedAssets(generation, 'Generation');
  if (generation.output.kind !== 'video' || !video) throw new Misunderstood('unusable_input', `Only videos can be ${verb}`);
  return { source: generation.output, input: { name: 'source', kind: 'video', from: { asset: video, take: 'whole' } } };
}

function mediaInputs(media: { url: string }, firstFrame: { url: string } | null | undefined, placeOf: PlaceOf): RecipeInput[] {
  const inputs: RecipeInput[] = [{ name: 'media', kind: 'video', from: placeOf(media.url) }];
  if (firstFrame) inputs.push({ name: 'first_frame', kind: 'image', from: placeOf(firstFrame.url) });
  return inputs;
}

type PlacementFields = Pick<
  ReframeVideoRequest,
  'grid_position_x' | 'grid_position_y' | 'resized_width' | 'resized_height' | 'x_start' | 'x_end' | 'y_start' | 'y_end'
>;

function placementOf(body: PlacementFields): Placement {
  const given = {
    gridPositionX: body.grid_position_x,
    gridPositionY: body.grid_position_y,
    resizedWidth: body.resized_width,
    resizedHeight: body.resized_height,
    xStart: body.x_start,
    xEnd: body.x_end,
    yStart: body.y_start,
    yEnd: body.y_end,
  };
  return Object.fromEntries(Object.entries(given).filter(([, pixels]) => typeof pixels === 'number'));
}

function placementEcho({
  grid_position_x,
  grid_position_y,
  resized_width,
  resized_height,
  x_start,
  x_end,
  y_start,
  y_end,
}: PlacementFields) {
  return { grid_position_x, grid_position_y, resized_width, resized_height, x_start, x_end, y_start, y_end };
}

function isMode(mode: string): mode is ModifyMode {
  return (MODIFY_MODES as readonly string[]).includes(mode);
}
