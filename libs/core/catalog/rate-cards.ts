/** One line of a rate card: an output of a model, its price and its burn. */
export interface Rate {
  model: string;
  /** `resolution/duration` for videos, `resolution` for images. */
  output: string;
  /** List price in US cents, a decimal string. */
  priceUsdCents: string;
  /** Expected time on a lane. */
  burnLaneMs: number;
}

export interface RateCard {
  version: number;
  rates: readonly Rate[];
}

/**
 * Rate cards by version: a generation pins the one it was quoted from, so an old card is never edited, only followed by a newer one.
 * Photon 1 is Luma's published price (1.5 US cents per 1080p image). Ray prices are ours: nobody publishes them per clip.
 */
export const RATE_CARDS: readonly RateCard[] = [
  {
    version: 1,
    rates: [
      { model: 'photon-1', output: '1080p', priceUsdCents: '1.5', burnLaneMs: 1_000 },
      { model: 'ray-2', output: '540p/5s', priceUsdCents: '40', burnLaneMs: 4_000 },
      { model: 'ray-2', output: '540p/9s', priceUsdCents: '72', burnLaneMs: 7_200 },
      { model: 'ray-2', output: '720p/5s', priceUsdCents: '71', burnLaneMs: 7_000 },
      { model: 'ray-2', output: '720p/9s', priceUsdCents: '127.8', burnLaneMs: 12_600 },
    ],
  },
];

export const CURRENT_RATE_CARD = RATE_CARDS[RATE_CARDS.length - 1] as RateCard;
