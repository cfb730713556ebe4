import type { Keyframe, ReframeVideoRequest } from '#contracts/dream-machine/requests';
import type { CreateGeneration, MediumGiven } from '#contracts/native/generations';
import { MODELS, modelNameOf } from '#core/catalog/models';
import type { SubmitRequest } from '#features/generations/generations.service';
import { understandImage } from '#features/understanding/image';
import { completedAssets, type Media, type SourceGeneration } from '#features/understanding/media.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import {
  understandAudio,
  understandModify,
  understandReframeImage,
  understandReframeVideo,
  understandUpscale,
} from '#features/understanding/operations';
import { understandVideo } from '#features/understanding/video';

export type Understood = Pick<SubmitRequest, 'output' | 'prompt' | 'recipe'>;

/** Fields that only one kind of request takes. What is given where it means nothing is refused rather than left out. */
const FIELDS_OF = {
  image: ['references'],
  video: ['loop', 'keyframes', 'concepts'],
  upscale: ['source'],
  add_audio: ['source', 'negativePrompt'],
  reframe: ['source', 'placement', 'firstFrame'],
  modify: ['source', 'mode', 'firstFrame'],
} as const;
const ALL_FIELDS = [...new Set(Object.values(FIELDS_OF).flat())];

/**
 * What a native request asks for besides its prompt. Both surfaces have one way to a recipe: the wish is put into the words of Dream Machine,
 * whose rules then hold for it. @throws Misunderstood
 */
export async function understandRecipe(body: CreateGeneration, media: Media): Promise<Understood> {
  // Surface, seed and echo stay those of the native request.
  const { output, prompt, recipe } = await inDreamMachineWords(body, media);
  return { output, prompt, recipe };
}

async function inDreamMachineWords(body: CreateGeneration, media: Media): Promise<Understood> {
  const { operation = 'create' } = body;
  const kind = body.model === undefined ? undefined : MODELS[modelNameOf(body.model)]?.kind;
  refuseStrangers(body, operation === 'create' ? (kind ?? 'video') : operation);
  switch (operation) {
    case 'create':
      return kind === 'image' ? createImage(body, media) : createVideo(body, media);
    case 'upscale':
      return understandUpscale({ resolution: body.resolution }, await sourceGeneration(body, media));
    case 'add_audio':
      return understandAudio({ prompt: body.prompt, negative_prompt: body.negativePrompt }, await sourceGeneration(body, media));
    case 'reframe':
      return kind === 'image' ? reframeImage(body, media) : reframeVideo(body, media);
    case 'modify':
      return modify(body, media);
  }
}

function refuseStrangers(body: CreateGeneration, kind: keyof typeof FIELDS_OF): void {
  const own: readonly string[] = FIELDS_OF[kind];
  const stranger = ALL_FIELDS.find((field) => body[field] !== undefined && !own.includes(field));
  if (stranger) throw new Misunderstood('unusable_input', `${stranger} means nothing for ${kind}. It takes: ${own.join(', ')}`);
}

function createImage({ model, prompt, aspectRatio, format, references = {} }: CreateGeneration, { placeOf }: Media): Understood {
  const { images, styles, characters, modify } = references;
  return understandImage(
    {
      ...{ model, prompt, format, aspect_ratio: aspectRatio, image_ref: images, style_ref: styles, modify_image_ref: modify },
      character_ref: characters && Object.fromEntries(characters.map(({ urls }, at) => [`identity${at}`, { images: urls }])),
    },
    placeOf,
  );
}

function createVideo(body: CreateGeneration, { placeOf, find }: Media): Promise<Understood> {
  const { model, prompt, aspectRatio, resolution, duration, loop, concepts, keyframes } = body;
  return understandVideo(
    {
      ...{ model, prompt, resolution, duration, loop, aspect_ratio: aspectRatio, concepts: concepts?.map((key) => ({ key })) },
      keyframes: keyframes && { frame0: keyframeOf(keyframes.first), frame1: keyframeOf(keyframes.last) },
    },
    placeOf,
    find,
  );
}

async function reframeImage(body: CreateGeneration, media: Media): Promise<Understood> {
  const { model, prompt, aspectRatio, format } = body;
  if (body.firstFrame) throw new Misunderstood('unusable_input', 'firstFrame is for videos');
  const common = { model, prompt, aspect_ratio: required(aspectRatio, 'aspectRatio'), ...placementOf(body) };
  return understandReframeImage({ ...common, format, media: { url: await urlOfSource(body, 'image', media) } }, media.placeOf);
}

async function reframeVideo(body: CreateGeneration, media: Media): Promise<Understood> {
  const { model, prompt, aspectRatio, firstFrame } = body;
  const common = { model, prompt, aspect_ratio: required(aspectRatio, 'aspectRatio'), ...placementOf(body) };
  return understandReframeVideo(
    { ...common, first_frame: firstFrame, media: { url: await urlOfSource(body, 'video', media) } },
    media.placeOf,
  );
}

async function modify(body: CreateGeneration, media: Media): Promise<Understood> {
  const { model, prompt, firstFrame } = body;
  const mode = required(body.mode, 'mode');
  return understandModify(
    { model, prompt, mode, first_frame: firstFrame, media: { url: await urlOfSource(body, 'video', media) } },
    media.placeOf,
  );
}

async function sourceGeneration(body: CreateGeneration, media: Media): Promise<SourceGeneration> {
  const source = required(body.source, 'source');
  if (!('generationId' in source)) throw new Misunderstood('unusable_input', `source must name a generation for ${body.operation}`);
  const generation = await known(source.generationId, media);
  if (body.model !== undefined && modelNameOf(body.model) !== generation.model) {
    throw new Misunderstood('unusable_input', `model must be that of its source, ${generation.model}, or absent`);
  }
  return generation;
}

/** Media of generations are read by their links: understood again, such a link is an object of our storage. */
async function urlOfSource(body: CreateGeneration, kind: 'image' | 'video', media: Media): Promise<string> {
  const source = required(body.source, 'source');
  if ('url' in source) return source.url;
  const key = completedAssets(await known(source.generationId, media), 'source')[kind];
  if (!key) throw new Misunderstood('unusable_input', `source has no ${kind}`);
  return media.urlOf(key);
}

async function known(id: string, { find }: Media): Promise<SourceGeneration> {
  const generation = await find(id);
  if (!generation) throw new Misunderstood('unusable_input', 'source: no such generation');
  return generation;
}

function keyframeOf(medium: MediumGiven | undefined): Keyframe | undefined {
  if (!medium) return undefined;
  return 'url' in medium ? { type: 'image', url: medium.url } : { type: 'generation', id: medium.generationId };
}

function placementOf({ placement: given = {} }: CreateGeneration): Partial<ReframeVideoRequest> {
  const { gridPositionX, gridPositionY, resizedWidth, resizedHeight, xStart, xEnd, yStart, yEnd } = given;
  return {
    ...{ grid_position_x: gridPositionX, grid_position_y: gridPositionY, resized_width: resizedWidth, resized_height: resizedHeight },
    ...{ x_start: xStart, x_end: xEnd, y_start: yStart, y_end: yEnd },
  };
}

function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new Misunderstood('unusable_input', `${field} is required`);
  return value;
}
