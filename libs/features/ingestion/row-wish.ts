import type { z } from 'zod';
import { ImageRequest, VideoRequest } from '#contracts/dream-machine/requests';
import type { BatchOptions } from '#contracts/native/batches';
import { inCamelCase } from '#contracts/native/either-spelling';
import { GENERATION_FIELD_NAMES, GenerationFields } from '#contracts/native/generations';
import { MODELS, modelFamilyOf } from '#core/catalog/models';
import { type NotOffered, notAllowed, type OutputRequest, type Quote, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { tierPriceMicro } from '#core/catalog/tier-price';
import { MAX_PROMPT_CHARACTERS, MIN_PROMPT_CHARACTERS } from '#core/generations/limits';
import { type Combination } from '#core/ingestion/matrix';
import { fillTemplate, type PromptTemplate, promptTemplate } from '#core/ingestion/prompt-template';
import { badRow, isKeepable, type RowRefusal, shown } from '#core/ingestion/strict-json';

/** A row in Halogen's words, priced. */
export interface RowWish {
  surface: 'native' | 'dream_machine';
  quote: Quote;
  modelFamily: string;
  priceMicro: bigint;
  tier: ServiceTier;
  priority: number;
  startBy: string | null;
  completeBy: string | null;
  labels: Readonly<Record<string, string>>;
  prompt: string;
  /** Null: drawn from what the row says. */
  seed: number | null;
  callbackUrl: string | null;
  /** What `request` will echo. */
  echo: Record<string, unknown>;
}

const DEFAULT_BATCH_TIER: ServiceTier = 'flex';
const NATIVE_FIELDS: ReadonlySet<string> = new Set(Object.keys(GenerationFields.shape));
/** Fields of a native row that are not text in a CSV. */
const NUMBER_FIELDS: ReadonlySet<string> = new Set(['seed', 'priority']);
const DREAM_MACHINE_REFERENCES = [
  ...[
    'keyframes',
    'concepts',
    'image_ref',
    'image',
    'style_ref',
    'style',
    'character_ref',
    'character',
    'modify_image_ref',
    'modify_image',
  ],
] as const;
const DREAM_MACHINE_MODELS = { image: 'photon-1', video: 'ray-2' } as const;
const MAX_QUOTES = 1_000;

/** What a tenant and its project allow rows. */
export interface RowAllowances {
  /** Null: any. */
  allowedModels: readonly string[] | null;
  /** Units that are guaranteed to the tenant, by pool class. */
  units: Readonly<Record<string, number>>;
}

/** Understands the rows of one batch. Quotes are kept: a million rows ask for a handful of outputs. */
export class RowReader {
  private readonly template: PromptTemplate | undefined;
  private readonly quotes = new Map<string, Quote | NotOffered>();
  private readonly defaults: Record<string, unknown>;
  private readonly tier: ServiceTier;

  constructor(
    private readonly options: BatchOptions,
    private readonly allowed: RowAllowances,
  ) {
    this.template = options.promptTemplate === undefined ? undefined : promptTemplate(options.promptTemplate);
    this.defaults = options.defaults;
    this.tier = options.serviceTier ?? DEFAULT_BATCH_TIER;
  }

  /** @param combination what the matrix adds to this row */
  read(fields: Record<string, unknown>, combination: Combination = []): RowWish | RowRefusal {
    if ('generation_type' in fields && !this.template) return this.readDreamMachine(fields);
    return this.template || combination.length > 0 ? this.readFilled(fields, combination) : this.readNative(fields);
  }

  /** A row of a CSV has the columns of the file; those that name no field are there for the template. */
  readColumns(columns: readonly string[], values: readonly string[], combination: Combination = []): RowWish | RowRefusal {
    if (values.length > columns.length) return badRow(null, `has ${values.length} values, the header names ${columns.length} columns`);
    const fields: Record<string, unknown> = Object.create(null);
    for (const [at, value] of values.entries()) {
      if (value === '') continue;
      const column = columns[at] as string;
      const field = Object.hasOwn(this.options.columns, column) ? (this.options.columns[column] as string) : column;
      if (!isKeepable(value)) return badRow(shown(column), 'holds NUL or a lone surrogate');
      fields[field] = NUMBER_FIELDS.has(field) && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (field !== column) fields[column] ??= value;
    }
    if (fields.generation_type !== undefined && !this.template) return this.readDreamMachine(fields);
    return this.readFilled(fields, combination);
  }

  private readFilled(fields: Record<string, unknown>, combination: Combination): RowWish | RowRefusal {
    const row: Record<string, unknown> = {};
    const values = new Map<string, string>();
    const put = (name: string, value: unknown) => {
      const field = GENERATION_FIELD_NAMES.get(name) ?? name;
      if (NATIVE_FIELDS.has(field)) row[field] = value;
      if (typeof value === 'string' || typeof value === 'number') values.set(name, String(value));
    };
    for (const name of Object.keys(fields)) put(name, fields[name]);
    for (const [name, value] of combination) put(name, value);
    if (!this.template) return this.readNative(row);
    const prompt = fillTemplate(this.template, values);
    if (typeof prompt !== 'string') return prompt;
    row.prompt = prompt;
    return this.readNative(row);
  }

  private readNative(fields: Record<string, unknown>): RowWish | RowRefusal {
    const parsed = GenerationFields.safeParse({ ...this.defaults, ...inCamelCase(fields, GENERATION_FIELD_NAMES) });
    if (!parsed.success) return refusalOf(parsed.error);
    const { model, prompt, aspectRatio, resolution, duration, format, seed, serviceTier, priority, startBy, completeBy } = parsed.data;
    const { labels } = this.options;
    return this.priced({
      surface: 'native',
      output: {
        kind: Object.hasOwn(MODELS, model) ? (MODELS[model]?.kind ?? 'video') : 'video',
        model,
        aspectRatio,
        resolution,
        duration,
        format,
      },
      prompt,
      seed: seed ?? null,
      tier: serviceTier ?? this.tier,
      priority: priority ?? this.options.priority,
      startBy: startBy ?? this.options.startBy ?? null,
      completeBy: completeBy ?? this.options.completeBy ?? null,
      labels: labels && parsed.data.labels ? { ...labels, ...parsed.data.labels } : (parsed.data.labels ?? labels ?? NO_LABELS),
      callbackUrl: this.options.callbackUrl ?? null,
      echo: parsed.data,
    });
  }

  private readDreamMachine(fields: Record<string, unknown>): RowWish | RowRefusal {
    const kind = fields.generation_type;
    if (kind !== 'image' && kind !== 'video') return badRow('generation_type', 'must be image or video');
    const parsed = (kind === 'image' ? ImageRequest : VideoRequest).safeParse(fields);
    if (!parsed.success) return refusalOf(parsed.error);
    const body = parsed.data;
    const reference = DREAM_MACHINE_REFERENCES.find((name) => (body as Record<string, unknown>)[name] != null);
    if (reference) return badRow(reference, 'is not supported in a batch yet');
    const { prompt } = body;
    const length = prompt == null ? 0 : [...prompt.trim()].length;
    if (prompt == null || length < MIN_PROMPT_CHARACTERS || length > MAX_PROMPT_CHARACTERS)
      return badRow('prompt', `must have ${MIN_PROMPT_CHARACTERS} to ${MAX_PROMPT_CHARACTERS} characters`);
    const { resolution, duration, format } = body as { resolution?: string | null; duration?: string | null; format?: string | null };
    const model = body.model ?? DREAM_MACHINE_MODELS[kind];
    return this.priced({
      surface: 'dream_machine',
      output: {
        kind,
        model,
        aspectRatio: body.aspect_ratio ?? undefined,
        resolution: resolution ?? undefined,
        duration: duration ?? undefined,
        format: format ?? undefined,
      },
      prompt,
      seed: null,
      tier: this.tier,
      priority: this.options.priority,
      startBy: this.options.startBy ?? null,
      completeBy: this.options.completeBy ?? null,
      labels: this.options.labels ?? NO_LABELS,
      callbackUrl: body.callback_url ?? this.options.callbackUrl ?? null,
      echo: Object.fromEntries(Object.entries({ ...body, model }).filter(([, value]) => value != null)),
    });
  }

  private priced({
    output,
    ...wish
  }: Omit<RowWish, 'quote' | 'modelFamily' | 'priceMicro'> & { output: OutputRequest }): RowWish | RowRefusal {
    const { kind, model, aspectRatio, resolution, duration, format } = output;
    const key = `${kind}|${model}|${aspectRatio}|${resolution}|${duration}|${format}`;
    let quoted = this.quotes.get(key);
    if (!quoted) {
      const { allowedModels } = this.allowed;
      quoted = allowedModels?.includes(model) === false ? notAllowed(model, allowedModels) : quote(output, CURRENT_RATE_CARD);
      if (this.quotes.size < MAX_QUOTES) this.quotes.set(key, quoted);
    }
    if ('refused' in quoted) return badRow(quoted.field, quoted.message);
    const units = this.allowed.units[quoted.poolClass] ?? 0;
    if (wish.tier === 'dedicated' && units < quoted.gangLanes)
      return badRow('serviceTier', `dedicated needs ${quoted.gangLanes} units of ${quoted.poolClass}, and ${units} are guaranteed`);
    return { ...wish, quote: quoted, modelFamily: modelFamilyOf(quoted.model), priceMicro: tierPriceMicro(quoted.priceMicro, wish.tier) };
  }
}

const NO_LABELS = {};

function refusalOf(error: z.ZodError): RowRefusal {
  const issue = error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined) return badRow(shown(unknown), 'is no field of a generation');
  return badRow(issue && issue.path.length > 0 ? shown(issue.path.map(String).join('.')) : null, issue?.message ?? 'does not fit');
}
