import { type ImageModel, MODELS, modelNameOf, type VideoModel } from '#core/catalog/models';
import type { RateCard } from '#core/catalog/rate-cards';
import { shortSidePx, sizeLike, sizeOf } from '#core/catalog/sizes';
import type { Operation } from '#core/generations/recipe';
import { type Stage, stagesOf } from '#core/generations/stages';
import { creditsOfUsdCents } from '#core/ledger/credits';

/** What a caller asked for, in the catalogue's words; absent means the model's default. */
export interface OutputRequest {
  kind: 'image' | 'video';
  model: string;
  aspectRatio?: string;
  resolution?: string;
  /** As on the wire: `5s`. */
  duration?: string;
  format?: string;
  /** `create` unless told. */
  operation?: Operation;
  /** Whether media of the customer's are read first. */
  fetches?: boolean;
  /** Of `upscale` and `add_audio`: what it starts from. */
  source?: VideoOutput;
}

export type VideoOutput = Extract<Output, { kind: 'video' }>;

export type Output =
  | { kind: 'image'; widthPx: number; heightPx: number; format: 'jpg' | 'png' }
  | { kind: 'video'; widthPx: number; heightPx: number; durationS: number; framesPerSecond: number };

export interface Quote {
  model: string;
  output: Output;
  /** Key of the rate: what an estimate of run time is kept by. */
  outputKey: string;
  priceMicro: bigint;
  burnLaneMs: number;
  rateCardVersion: number;
  stages: readonly Stage[];
  gangLanes: number;
  poolClass: string;
}

/** Why the catalogue does not offer this. The message is for the caller and names the way out. */
export interface NotOffered {
  refused: 'not_offered';
  field: 'model' | 'aspectRatio' | 'resolution' | 'duration' | 'format';
  message: string;
}

/** What only some models do, or only with some sources. */
const UPSCALE_RESOLUTIONS = ['1080p', '4k'] as const;
/** Of a source whose length and shape nobody knows before it was read: the most it can be. */
const REMADE_RESOLUTION = '720p';

/** Prices a request: what it costs, what it burns and which stages make it. */
export function quote(request: OutputRequest, card: RateCard): Quote | NotOffered {
  const name = modelNameOf(request.model);
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (!model || model.kind !== request.kind) return notOffered('model', request.model, modelsOf(request.kind));

  const operation = request.operation ?? 'create';
  const made = model.kind === 'image' ? imageOutput(model, request, operation) : videoOutput(model, name, request, operation);
  if ('refused' in made) return made;

  const rate = card.rates.find((one) => one.model === name && one.output === made.outputKey);
  if (!rate) throw new Error(`rate card ${card.version} has no rate for ${name} ${made.outputKey}`);
  const times = rate.per === 'second' && made.output.kind === 'video' ? Math.ceil(made.output.durationS) : 1;
  return {
    model: name,
    output: made.output,
    outputKey: made.outputKey,
    priceMicro: creditsOfUsdCents(rate.priceUsdCents) * BigInt(times),
    burnLaneMs: rate.burnLaneMs * times,
    rateCardVersion: card.version,
    stages: stagesOf(model.kind, operation, request.fetches ?? false),
    gangLanes: 1,
    poolClass: model.poolClass,
  };
}

/** What lane time of a kind costs as shared work; undefined when the card has no such rate. */
export function listPriceMicro(
  { model, outputKey, burnLaneMs }: Pick<Quote, 'model' | 'outputKey' | 'burnLaneMs'>,
  card: RateCard,
): bigint | undefined {
  const rate = card.rates.find((one) => one.model === model && one.output === outputKey);
  return rate && (creditsOfUsdCents(rate.priceUsdCents) * BigInt(burnLaneMs)) / BigInt(rate.burnLaneMs);
}

type Made = { output: Output; outputKey: string };

function imageOutput(model: ImageModel, request: OutputRequest, operation: Operation): Made | NotOffered {
  const aspectRatio = request.aspectRatio ?? model.defaultAspectRatio;
  if (!isOneOf(aspectRatio, model.aspectRatios)) return notOffered('aspectRatio', aspectRatio, model.aspectRatios);
  const format = request.format ?? model.defaultFormat;
  if (!isOneOf(format, model.formats)) return notOffered('format', format, model.formats);
  const output = { kind: 'image', ...sizeOf(model.resolution, aspectRatio), format } as const;
  return { output, outputKey: operation === 'create' ? model.resolution : operation };
}

function videoOutput(model: VideoModel, name: string, request: OutputRequest, operation: Operation): Made | NotOffered {
  switch (operation) {
    case 'create':
      return createdVideo(model, request);
    case 'upscale':
      return upscaledVideo(request);
    case 'add_audio':
      return { output: sourceOf(request), outputKey: 'add_audio' };
    case 'reframe':
    case 'modify':
      return remadeVideo(model, name, request, operation);
  }
}

function createdVideo(model: VideoModel, request: OutputRequest): Made | NotOffered {
  if (model.fixed && request.duration !== undefined) return fixedByModel('duration', model.fixed.apiName);
  if (model.fixed && request.resolution !== undefined) return fixedByModel('resolution', model.fixed.apiName);
  const aspectRatio = request.aspectRatio ?? model.defaultAspectRatio;
  if (!isOneOf(aspectRatio, model.aspectRatios)) return notOffered('aspectRatio', aspectRatio, model.aspectRatios);
  const resolution = request.resolution ?? model.defaultResolution;
  if (!isOneOf(resolution, model.resolutions)) return notOffered('resolution', resolution, model.resolutions);
  const duration = request.duration ?? model.defaultDuration;
  if (!isOneOf(duration, model.durations)) return notOffered('duration', duration, model.durations);
  const size = model.fixed ? model.fixed.sizes[aspectRatio] : sizeOf(resolution, aspectRatio);
  const durationS = Number.parseInt(duration, 10);
  return {
    output: { kind: 'video', ...size, durationS, framesPerSecond: model.framesPerSecond },
    outputKey: `${resolution}/${duration}`,
  };
}

/** As its source, with the short side of the resolution. */
function upscaledVideo(request: OutputRequest): Made | NotOffered {
  const source = sourceOf(request);
  const sourceShortPx = Math.min(source.widthPx, source.heightPx);
  const larger = UPSCALE_RESOLUTIONS.find((one) => sourceShortPx < shortSidePx(one));
  const resolution = request.resolution ?? larger ?? '4k';
  if (!isOneOf(resolution, UPSCALE_RESOLUTIONS)) return notOffered('resolution', resolution, UPSCALE_RESOLUTIONS);
  if (sourceShortPx >= shortSidePx(resolution)) {
    const message = `Resolution ${resolution} is no more than the video has: its short side is ${sourceShortPx} pixels`;
    return { refused: 'not_offered', field: 'resolution', message };
  }
  return { output: { ...source, ...sizeLike(resolution, source) }, outputKey: `upscale/${resolution}` };
}

/** The longest and largest it can be; shape and length of what the customer brings are known only once it was read. */
function remadeVideo(model: VideoModel, name: string, request: OutputRequest, operation: 'reframe' | 'modify'): Made | NotOffered {
  if (!model.remakes) return notOffered('model', name, videoModelsThatRemake());
  const aspectRatio = request.aspectRatio ?? model.defaultAspectRatio;
  if (!isOneOf(aspectRatio, model.aspectRatios)) return notOffered('aspectRatio', aspectRatio, model.aspectRatios);
  return {
    output: {
      kind: 'video',
      ...sizeOf(REMADE_RESOLUTION, aspectRatio),
      durationS: model.remakes.longestSourceS,
      framesPerSecond: model.framesPerSecond,
    },
    outputKey: operation,
  };
}

function sourceOf({ source, operation }: OutputRequest): VideoOutput {
  if (!source) throw new Error(`${operation} needs the output of its source`);
  return source;
}

const FIELD_NAMES = {
  model: 'Model',
  aspectRatio: 'Aspect ratio',
  resolution: 'Resolution',
  duration: 'Duration',
  format: 'Format',
} as const;

function notOffered(field: NotOffered['field'], given: string, offered: readonly string[]): NotOffered {
  return { refused: 'not_offered', field, message: `${FIELD_NAMES[field]} ${shown(given)} is not supported. Valid: ${offered.join(', ')}` };
}

/** A project or a tenant may allow some models only. */
export function notAllowed(model: string, allowed: readonly string[]): NotOffered {
  return {
    refused: 'not_offered',
    field: 'model',
    message: `Model ${shown(model)} is not allowed here. Valid: ${allowed.join(', ')}`,
  };
}

/** Every pool that makes it may train on what it is sent. */
export function onlyTrained(model: string, poolClass: string): NotOffered {
  return {
    refused: 'not_offered',
    field: 'model',
    message: `Model ${shown(model)} runs in pools of class ${poolClass} only, which may train on inputs. Work without a project, or of one with noTraining, does not go there`,
  };
}

/** In the very words that Dream Machine answers with, its own prefix included. */
function fixedByModel(field: 'duration' | 'resolution', apiName: string): NotOffered {
  return { refused: 'not_offered', field, message: `400: ${FIELD_NAMES[field]} is not supported in ${apiName} API` };
}

/** A caller's words in an answer, bounded. */
function shown(given: string): string {
  return given.length > 60 ? `${given.slice(0, 60)}…` : given;
}

function videoModelsThatRemake(): string[] {
  return Object.entries(MODELS).flatMap(([name, model]) => (model.kind === 'video' && model.remakes ? [name] : []));
}

function modelsOf(kind: 'image' | 'video'): string[] {
  return Object.keys(MODELS).filter((name) => MODELS[name]?.kind === kind);
}

function isOneOf<T extends string>(value: string, values: readonly T[]): value is T {
  return (values as readonly string[]).includes(value);
}
