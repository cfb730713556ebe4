import { type NotOffered, type OutputRequest, type Quote, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import type { ServiceTier } from '#core/catalog/service-tiers';
import { tierPriceMicro } from '#core/catalog/tier-price';

/** A quote for one tier. */
export type TierQuote = Quote & { serviceTier: ServiceTier };

/** More than the catalogue has outputs. */
const MAX_KNOWN = 5_000;
const known = new Map<string, TierQuote>();

/** As `quote` by the current rate card, which never changes: the same output in the same tier gets the very same quote. */
export function knownQuote(request: OutputRequest, serviceTier: ServiceTier): TierQuote | NotOffered {
  const { kind, model, aspectRatio, resolution, duration, format, operation, fetches, source } = request;
  if (source) return tierQuote(request, serviceTier); // as many as there are videos
  const key = [serviceTier, kind, model, aspectRatio, resolution, duration, format, operation, fetches].join('|');
  const before = known.get(key);
  if (before) return before;
  const quoted = tierQuote(request, serviceTier);
  if ('refused' in quoted) return quoted;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, quoted);
  return quoted;
}

function tierQuote(request: OutputRequest, serviceTier: ServiceTier): TierQuote | NotOffered {
  const quoted = quote(request, CURRENT_RATE_CARD);
  return 'refused' in quoted ? quoted : { ...quoted, serviceTier, priceMicro: tierPriceMicro(quoted.priceMicro, serviceTier) };
}
