import type { z } from 'zod';
import type { BatchOptions } from '#contracts/native/batches';
import { inCamelCase } from '#contracts/native/either-spelling';
import { GENERATION_FIELD_NAMES, GenerationFields } from '#contracts/native/generations';
import { modelFamilyOf } from '#core/catalog/models';
import { type NotOffered, notAllowed, type OutputRequest, onlyTrained, type Quote, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { tierPriceMicro } from '#core/catalog/tier-price';
import { isPlainRecipe, type Recipe } from '#core/generations/recipe';
import { DEFAULT_BATCH_TIER } from '#core/ingestion/limits';
import type { Combination } from '#core/ingestion/matrix';
import { badRow, type RowRefusal, shown } from '#core/ingestion/strict-json';
import type { SubmitRequest } from '#features/generations/generations.service';
import { RowFields } from '#features/ingestion/row-fields';
import { understandDreamMachine } from '#features/understanding/dream-machine.service';
import type { Media } from '#features/understanding/media.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';
import { understandNative } from '#features/understanding/native.service';

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
  /** Null: a new picture or clip from its prompt alone. */
  recipe: Recipe | null;
  /** Null: drawn from what the row says. */
  seed: number | null;
  callbackUrl: string | null;
  /** What `request` will echo. */
  echo: Record<string, unknown>;
}

const MAX_QUOTES = 1_000;

/** What a tenant and its project allow rows. */
export interface RowAllowances {
  /** Null: any. */
  allowedModels: readonly string[] | null;
  /** Where all pools may train on what they are sent, which its project, or having none, rules out. */
  closedPoolClasses: readonly string[];
  /** Units that are guaranteed to the tenant, by pool class. */
  units: Readonly<Record<string, number>>;
}

/** What a row came out as. Where the media of a row have to be looked for it is a promise, and rejects only for what is no fault of the row. */
export type Reading = RowWish | RowRefusal | Promise<RowWish | RowRefusal>;

/** Understands the rows of one batch, by the rules of single requests. Quotes are kept: a million rows ask for a handful of outputs. */
export class RowReader {
  private readonly fields: RowFields;
  private readonly quotes = new Map<string, Quote | NotOffered>();
  private readonly tier: ServiceTier;

  constructor(
    private readonly options: BatchOptions,
    private readonly allowed: RowAllowances,
    private readonly media: Media,
  ) {
    this.fields = new RowFields(options);
    this.tier = options.serviceTier ?? DEFAULT_BATCH_TIER;
  }

  /** @param combination what the matrix adds to this row */
  read(fields: Record<string, unknown>, combination: Combination = []): Reading {
    if ('generation_type' in fields && !this.options.promptTemplate) return this.readDreamMachine(fields);
    if (this.options.promptTemplate || combination.length > 0) return this.readFilled(this.fields.filled(fields, combination));
    return this.readNative(fields);
  }

  /** A row of a CSV has the columns of the file. */
  readColumns(columns: readonly string[], values: readonly string[], combination: Combination = []): Reading {
    const cells = this.fields.ofColumns(columns, values);
    if ('refused' in cells) return cells;
    const { fields } = cells;
    if (fields.generation_type !== undefined && !this.options.promptTemplate) return this.readDreamMachine(fields);
    return this.readFilled(this.fields.filled(fields, combination));
  }

  private readFilled(filled: ReturnType<RowFields['filled']>): Reading {
    return 'refused' in filled ? filled : this.readNative(filled.fields);
  }

  private readNative(fields: Record<string, unknown>): Reading {
    const parsed = GenerationFields.safeParse({ ...this.options.defaults, ...inCamelCase(fields, GENERATION_FIELD_NAMES) });
    if (!parsed.success) return refusalOf(parsed.error);
    const { seed, serviceTier, priority, startBy, completeBy, labels: own } = parsed.data;
    const { labels } = this.options;
    return this.wishOf(() => understandNative(parsed.data, this.media), {
      surface: 'native',
      seed: seed ?? null,
      tier: serviceTier ?? this.tier,
      priority: priority ?? this.options.priority,
      startBy: startBy ?? this.options.startBy ?? null,
      completeBy: completeBy ?? this.options.completeBy ?? null,
      labels: labels && own ? { ...labels, ...own } : (own ?? labels ?? NO_LABELS),
      callbackUrl: this.options.callbackUrl ?? null,
      echo: parsed.data,
    });
  }

  private readDreamMachine(fields: Record<string, unknown>): Reading {
    const { priority, startBy, completeBy, labels, callbackUrl } = this.options;
    return this.wishOf(() => understandDreamMachine(fields, this.media), {
      surface: 'dream_machine',
      seed: null,
      tier: this.tier,
      priority,
      startBy: startBy ?? null,
      completeBy: completeBy ?? null,
      labels: labels ?? NO_LABELS,
      callbackUrl: callbackUrl ?? null,
      echo: {},
    });
  }

  /** Goes on at once with what is understood at once: a million plain rows wait for nobody. */
  private wishOf(understand: () => Understanding | Promise<Understanding>, rest: RowTerms): Reading {
    try {
      const understood = understand();
      if (!(understood instanceof Promise)) return this.priced(understood, rest);
      return understood.then((media) => this.priced(media, rest), misunderstood);
    } catch (error) {
      return misunderstood(error);
    }
  }

  private priced({ output, prompt, recipe, callbackUrl, echo }: Understanding, rest: RowTerms): RowWish | RowRefusal {
    const quoted = this.quoteOf(output);
    if ('refused' in quoted) return badRow(quoted.field, quoted.message);
    if (this.allowed.closedPoolClasses.includes(quoted.poolClass)) {
      const { field, message } = onlyTrained(quoted.model, quoted.poolClass);
      return badRow(field, message);
    }
    const units = this.allowed.units[quoted.poolClass] ?? 0;
    if (rest.tier === 'dedicated' && units < quoted.gangLanes)
      return badRow('serviceTier', `dedicated needs ${quoted.gangLanes} units of ${quoted.poolClass}, and ${units} are guaranteed`);
    return {
      ...rest,
      prompt,
      recipe: recipe && !isPlainRecipe(recipe) ? recipe : null,
      callbackUrl: callbackUrl ?? rest.callbackUrl,
      echo: echo ?? rest.echo,
      quote: quoted,
      modelFamily: modelFamilyOf(quoted.model),
      priceMicro: tierPriceMicro(quoted.priceMicro, rest.tier),
    };
  }

  private quoteOf(output: OutputRequest): Quote | NotOffered {
    const { kind, model, aspectRatio, resolution, duration, format, operation, fetches, source } = output;
    const { allowedModels } = this.allowed;
    if (allowedModels?.includes(model) === false) return notAllowed(model, allowedModels);
    if (source) return quote(output, CURRENT_RATE_CARD); // as many as there are videos
    const key = `${kind}|${model}|${aspectRatio}|${resolution}|${duration}|${format}|${operation}|${fetches}`;
    const known = this.quotes.get(key);
    if (known) return known;
    const quoted = quote(output, CURRENT_RATE_CARD);
    if (this.quotes.size < MAX_QUOTES) this.quotes.set(key, quoted);
    return quoted;
  }
}

/** What both surfaces answer of a row; only Dream Machine's bodies carry a callback and their own echo. */
type Understanding = Pick<SubmitRequest, 'output' | 'prompt' | 'recipe'> & Partial<Pick<SubmitRequest, 'callbackUrl' | 'echo'>>;

/** What a row's terms are before it is known what it asks for. */
type RowTerms = Omit<RowWish, 'quote' | 'modelFamily' | 'priceMicro' | 'prompt' | 'recipe'>;

const NO_LABELS = {};

function misunderstood(error: unknown): RowRefusal {
  if (error instanceof Misunderstood) return badRow(error.field && shown(error.field), error.detail);
  throw error;
}

function refusalOf(error: z.ZodError): RowRefusal {
  const issue = error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined) return badRow(shown(unknown), 'is no field of a generation');
  return badRow(issue && issue.path.length > 0 ? shown(issue.path.map(String).join('.')) : null, issue?.message ?? 'does not fit');
}
