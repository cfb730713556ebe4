import { type AspectRatio, MODELS, MODELS_TO_COME, type Model, RESOLUTIONS_TO_COME } from '#core/catalog/models';
import type { RateCard } from '#core/catalog/rate-cards';
import { sizeOf } from '#core/catalog/sizes';
import type { Stage } from '#core/generations/stages';
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
}

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
  field: 'model' | 'aspect_ratio' | 'resolution' | 'duration' | 'format';
  message: string;
}

/** Prices a request: what it costs, what it burns and which stages make it. */
export function quote(request: OutputRequest, card: RateCard): Quote | NotOffered {
  const model = Object.hasOwn(MODELS, request.model) ? MODELS[request.model] : undefined;
  if (!model) return notOffered('model', request.model, modelsOf(request.kind), MODELS_TO_COME);
  if (model.kind !== request.kind) return notOffered('model', request.model, modelsOf(request.kind), []);

  const aspectRatio = request.aspectRatio ?? model.defaultAspectRatio;
  if (!isOneOf(aspectRatio, model.aspectRatios)) return notOffered('aspect_ratio', aspectRatio, model.aspectRatios, []);

  const made = model.kind === 'image' ? imageOutput(model, request, aspectRatio) : videoOutput(model, request, aspectRatio);
  if ('refused' in made) return made;

  const rate = card.rates.find((one) => one.model === request.model && one.output === made.outputKey);
  if (!rate) throw new Error(`rate card ${card.version} has no rate for ${request.model} ${made.outputKey}`);
  return {
    model: request.model,
    output: made.output,
    outputKey: made.outputKey,
    priceMicro: creditsOfUsdCents(rate.priceUsdCents),
    burnLaneMs: rate.burnLaneMs,
    rateCardVersion: card.version,
    stages: model.stages,
    gangLanes: 1,
    poolClass: model.poolClass,
  };
}

type Made = { output: Output; outputKey: string };

function imageOutput(model: Extract<Model, { kind: 'image' }>, request: OutputRequest, aspectRatio: AspectRatio): Made | NotOffered {
  const format = request.format ?? model.defaultFormat;
  if (!isOneOf(format, model.formats)) return notOffered('format', format, model.formats, []);
  return { output: { kind: 'image', ...sizeOf(model.resolution, aspectRatio), format }, outputKey: model.resolution };
}

function videoOutput(model: Extract<Model, { kind: 'video' }>, request: OutputRequest, aspectRatio: AspectRatio): Made | NotOffered {
  const resolution = request.resolution ?? model.defaultResolution;
  if (!isOneOf(resolution, model.resolutions)) return notOffered('resolution', resolution, model.resolutions, RESOLUTIONS_TO_COME);
  const duration = request.duration ?? model.defaultDuration;
  if (!isOneOf(duration, model.durations)) return notOffered('duration', duration, model.durations, []);
  return {
    output: {
      kind: 'video',
      ...sizeOf(resolution, aspectRatio),
      durationS: Number.parseInt(duration, 10),
      framesPerSecond: model.framesPerSecond,
    },
    outputKey: `${resolution}/${duration}`,
  };
}

const FIELD_NAMES = {
  model: 'Model',
  aspect_ratio: 'Aspect ratio',
  resolution: 'Resolution',
  duration: 'Duration',
  format: 'Format',
} as const;

function notOffered(field: NotOffered['field'], given: string, offered: readonly string[], toCome: readonly string[]): NotOffered {
  const problem = isOneOf(given, toCome) ? 'is not supported yet' : 'is not supported';
  return { refused: 'not_offered', field, message: `${FIELD_NAMES[field]} ${shown(given)} ${problem}. Valid: ${offered.join(', ')}` };
}

/** A caller's words in an answer, bounded. */
function shown(given: string): string {
  return given.length > 60 ? `${given.slice(0, 60)}…` : given;
}

function modelsOf(kind: 'image' | 'video'): string[] {
  return Object.keys(MODELS).filter((name) => MODELS[name]?.kind === kind);
}

function isOneOf<T extends string>(value: string, values: readonly T[]): value is T {
  return (values as readonly string[]).includes(value);
}
