import type { Quote } from '#core/catalog/quote';
import type { ReservedPart } from '#core/ledger/accounts';
import { storedParts } from '#features/generations/reserved-parts';
import type { SubmitCommand, Wishes } from '#features/generations/submit-group';

/**
 * What members of a group have in common: who asks, what it costs, how it is served. A group names each of its terms once and points at
 * them from its rows, since on a busy path hundreds of rows differ in their id and words alone.
 */
export class SubmitTerms {
  private readonly places = new Map<string, number>();
  private readonly quotes = new Map<Quote, number>();
  private readonly distinct: { command: SubmitCommand; reserved: string; recipe: string | null }[] = [];

  /** Where the terms of an accepted member are, counted from 1. */
  placeOf(command: SubmitCommand, parts: readonly ReservedPart[]): number {
    const { apiKeyId, projectId, surface, quote, wishes, limits } = command;
    const reserved = JSON.stringify(storedParts(parts));
    const recipe = command.recipe ? JSON.stringify(command.recipe) : null;
    const key = `${apiKeyId}/${projectId}/${surface}/${this.numberOf(quote)}/${textOf(wishes)}/${limits !== null}/${reserved}/${recipe}`;
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.distinct.push({ command, reserved, recipe });
    this.places.set(key, this.distinct.length);
    return this.distinct.length;
  }

  /** For `TERMS`. */
  parameters(): unknown[] {
    const column = <T>(pick: (command: SubmitCommand) => T) => this.distinct.map(({ command }) => pick(command));
    return [
      column(({ tenantId }) => tenantId),
      column(({ apiKeyId }) => apiKeyId),
      column(({ projectId }) => projectId ?? null),
      column(({ surface }) => surface),
      column(({ quote }) => quote.output.kind),
      column(({ quote }) => quote.model),
      column(({ quote }) => quote.poolClass),
      column(({ quote }) => JSON.stringify(quote.output)),
      column(({ quote }) => quote.outputKey),
      column(({ quote }) => quote.stages.join(',')),
      column(({ quote }) => quote.gangLanes),
      column(({ quote }) => quote.priceMicro),
      column(({ quote }) => quote.burnLaneMs),
      column(({ quote }) => quote.rateCardVersion),
      column(({ wishes }) => wishes.serviceTier),
      column(({ wishes }) => wishes.priority),
      column(({ wishes }) => wishes.startBy),
      column(({ wishes }) => wishes.completeBy),
      column(({ wishes }) => JSON.stringify(wishes.labels)),
      column(({ limits }) => limits !== null),
      this.distinct.map(({ reserved }) => reserved),
      this.distinct.map(({ recipe }) => recipe),
    ];
  }

  /** Quotes are told apart by which object they are: two that are equal cost a row more, and no comparison. */
  private numberOf(quote: Quote): number {
    const known = this.quotes.get(quote);
    if (known !== undefined) return known;
    this.quotes.set(quote, this.quotes.size);
    return this.quotes.size - 1;
  }
}

function textOf({ serviceTier, priority, startBy, completeBy, labels }: Wishes): string {
  return `${serviceTier}/${priority}/${startBy?.getTime()}/${completeBy?.getTime()}/${JSON.stringify(labels)}`;
}

export const TERMS_PARAMETERS = 22;

/** A row each, numbered from 1 as `place`. Its parameters are the statement's first. */
export const TERMS = `
  unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::text[], $11::smallint[],
         $12::bigint[], $13::integer[], $14::integer[], $15::text[], $16::smallint[], $17::timestamptz[], $18::timestamptz[], $19::jsonb[],
         $20::boolean[], $21::jsonb[], $22::jsonb[])
    WITH ORDINALITY AS t (tenant_id, api_key_id, project_id, surface, kind, model, pool_class, output, output_key, stages, gang_lanes,
                          price_micro, burn_lane_ms, rate_card_version, service_tier, priority, start_by, complete_by, labels,
                          is_limited, reserved, recipe, place)`;
