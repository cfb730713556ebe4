/** One line of a rate card: an output of a model, its price and its burn. */
export interface Rate {
  model: string;
  /** `resolution/duration` for videos, `resolution` for images, the operation first when it is not a plain creation: `upscale/4k`. */
  output: string;
  /** List price in US cents, a decimal string. */
  priceUsdCents: string;
  /** Expected time on a lane. */
  burnLaneMs: number;
  /** Price and burn are for each second that the source has begun. */
  per?: 'second';
}

export interface RateCard {
  version: number;
  rates: readonly Rate[];
}

/**
 * Rate cards by version: a generation pins the one it was quoted from, so an old card is never edited, only followed by a newer one.
 * Photon prices are Luma's published ones (1.5 US cents per 1080p image). Ray prices are ours: nobody publishes them per clip.
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
  {
    version: 2,
    rates: [
      { model: 'photon-1', output: '1080p', priceUsdCents: '1.5', burnLaneMs: 1_000 },
      { model: 'photon-1', output: 'reframe', priceUsdCents: '1.5', burnLaneMs: 1_000 },
      { model: 'photon-flash-1', output: '1080p', priceUsdCents: '0.4', burnLaneMs: 1_000 },
      { model: 'photon-flash-1', output: 'reframe', priceUsdCents: '0.4', burnLaneMs: 1_000 },

      { model: 'ray-1-6', output: '752p/5s', priceUsdCents: '39', burnLaneMs: 7_500 },

      { model: 'ray-2', output: '540p/5s', priceUsdCents: '40', burnLaneMs: 4_000 },
      { model: 'ray-2', output: '540p/9s', priceUsdCents: '72', burnLaneMs: 7_200 },
      { model: 'ray-2', output: '720p/5s', priceUsdCents: '71', burnLaneMs: 7_000 },
      { model: 'ray-2', output: '720p/9s', priceUsdCents: '127.8', burnLaneMs: 12_600 },
      { model: 'ray-2', output: '1080p/5s', priceUsdCents: '159', burnLaneMs: 16_000 },
      { model: 'ray-2', output: '1080p/9s', priceUsdCents: '286.2', burnLaneMs: 29_000 },
      { model: 'ray-2', output: '4k/5s', priceUsdCents: '636', burnLaneMs: 64_000 },
      { model: 'ray-2', output: '4k/9s', priceUsdCents: '1144.8', burnLaneMs: 115_000 },
      { model: 'ray-2', output: 'reframe', priceUsdCents: '142', burnLaneMs: 14_000 },
      { model: 'ray-2', output: 'modify', priceUsdCents: '142', burnLaneMs: 14_000 },

      { model: 'ray-flash-2', output: '540p/5s', priceUsdCents: '14', burnLaneMs: 4_000 },
      { model: 'ray-flash-2', output: '540p/9s', priceUsdCents: '25.2', burnLaneMs: 7_200 },
      { model: 'ray-flash-2', output: '720p/5s', priceUsdCents: '24', burnLaneMs: 7_000 },
      { model: 'ray-flash-2', output: '720p/9s', priceUsdCents: '43.2', burnLaneMs: 12_600 },
      { model: 'ray-flash-2', output: '1080p/5s', priceUsdCents: '54', burnLaneMs: 16_000 },
      { model: 'ray-flash-2', output: '1080p/9s', priceUsdCents: '97.2', burnLaneMs: 29_000 },
      { model: 'ray-flash-2', output: '4k/5s', priceUsdCents: '216', burnLaneMs: 64_000 },
      { model: 'ray-flash-2', output: '4k/9s', priceUsdCents: '388.8', burnLaneMs: 115_000 },
      { model: 'ray-flash-2', output: 'reframe', priceUsdCents: '72', burnLaneMs: 20_000 },
      { model: 'ray-flash-2', output: 'modify', priceUsdCents: '72', burnLaneMs: 20_000 },

      ...['ray-2', 'ray-flash-2', 'ray-1-6'].flatMap((model): Rate[] => [
        { model, output: 'upscale/1080p', priceUsdCents: '6', burnLaneMs: 3_500, per: 'second' },
        { model, output: 'upscale/4k', priceUsdCents: '24', burnLaneMs: 14_000, per: 'second' },
        { model, output: 'add_audio', priceUsdCents: '2', burnLaneMs: 500, per: 'second' },
      ]),
    ],
  },
];

export const CURRENT_RATE_CARD = RATE_CARDS[RATE_CARDS.length - 1] as RateCard;
