import { hash } from 'node:crypto';
import type { Quote } from '#core/catalog/quote';
import { MAX_SEED } from '#core/generations/limits';
import { rowIdOf } from '#core/ingestion/row-ids';
import type { RowKind } from '#core/ingestion/row-kinds';
import type { RowShape, StagedRow } from '#features/generations/batch-rows.service';
import type { RowWish } from '#features/ingestion/row-wish';
import type { BatchRow } from '#features/ingestion/source-rows';

/** Rows to be committed together, and whether the source ends with them. */
export interface Chunk {
  rows: readonly BatchRow[];
  isLast: boolean;
  /** Why the source was not read to its end. */
  endReason: string | null;
}

export type WishedRow = BatchRow & { wish: RowWish };

/** A chunk's rows as they will be inserted: those of one shape say only once what they share. */
export interface StagedChunk {
  wished: readonly WishedRow[];
  shapes: readonly RowShape[];
  /** One for each that is wished, in their order. */
  staged: readonly StagedRow[];
}

export function stagedFrom(batchId: string, { rows }: Chunk): StagedChunk {
  const wished = rows.filter((row): row is WishedRow => 'wish' in row);
  const shapes: RowShape[] = [];
  const shapeNumbers = new Map<string, number>();
  const staged = wished.map(({ rowNumber, content, wish }): StagedRow => {
    const key = shapeKeyOf(wish);
    let shape = shapeNumbers.get(key);
    if (shape === undefined) {
      shape = shapes.push(shapeOf(wish)) - 1;
      shapeNumbers.set(key, shape);
    }
    const contentSha256 = hash('sha256', content);
    return {
      rowNumber,
      id: rowIdOf(batchId, rowNumber),
      shape,
      prompt: wish.prompt,
      recipe: wish.recipe,
      seed: wish.seed ?? seedOf(contentSha256, rowNumber),
      request: wish.echo,
      contentSha256,
    };
  });
  return { wished, shapes, staged };
}

/** What the scheduler is asked about instead of each row. */
export function kindsOf(rows: readonly WishedRow[]): RowKind[] {
  const kinds = new Map<Quote, RowKind>();
  for (const { wish } of rows) {
    const { poolClass, model, outputKey, gangLanes, burnLaneMs } = wish.quote;
    const kind = kinds.get(wish.quote) ?? { poolClass, model, outputKey, gangLanes, rows: 0, burnLaneMs: 0 };
    kind.rows += 1;
    kind.burnLaneMs += burnLaneMs;
    kinds.set(wish.quote, kind);
  }
  return [...kinds.values()];
}

/** The same row of the same batch draws the same media, however often it is loaded; equal rows draw different ones. */
function seedOf(contentSha256: string, rowNumber: number): number {
  return (Number.parseInt(contentSha256.slice(0, 8), 16) ^ Math.imul(rowNumber, 0x9e3779b1)) & MAX_SEED;
}

function shapeKeyOf({ surface, quote, tier, priority, startBy, completeBy, labels, callbackUrl }: RowWish): string {
  const { output } = quote;
  const form = output.kind === 'image' ? output.format : output.durationS;
  return `${surface}|${quote.model}|${quote.outputKey}|${quote.stages.join()}|${quote.burnLaneMs}|${output.widthPx}x${output.heightPx}${form}|${tier}|${priority}|${startBy}|${completeBy}|${callbackUrl}|${textOfLabels(labels)}`;
}

const NONE = '';
function textOfLabels(labels: Readonly<Record<string, string>>): string {
  for (const _ in labels) return JSON.stringify(labels);
  return NONE;
}

function shapeOf({ surface, quote, tier, priority, startBy, completeBy, labels, callbackUrl, priceMicro }: RowWish): RowShape {
  return {
    surface,
    kind: quote.output.kind,
    model: quote.model,
    pool_class: quote.poolClass,
    output: quote.output,
    output_key: quote.outputKey,
    stages: quote.stages,
    gang_lanes: quote.gangLanes,
    service_tier: tier,
    priority,
    start_by: startBy,
    complete_by: completeBy,
    labels,
    price_micro: priceMicro.toString(),
    burn_lane_ms: quote.burnLaneMs,
    rate_card_version: quote.rateCardVersion,
    callback_url: callbackUrl,
  };
}
