import { expect, it } from 'vitest';
import { type Quote, quote } from '#core/catalog/quote';
import { CURRENT_RATE_CARD } from '#core/catalog/rate-cards';
import { knownQuote } from '#features/generations/known-quotes';

it('answers as the catalogue does, and the same output in the same tier with the very same quote', () => {
  const image = { kind: 'image', model: 'photon-1' } as const;
  const listed = quote(image, CURRENT_RATE_CARD) as Quote;
  expect(knownQuote(image, 'shared')).toEqual({ ...listed, serviceTier: 'shared' });
  expect(knownQuote(image, 'dedicated')).toMatchObject({ serviceTier: 'dedicated', priceMicro: 0n });
  expect(knownQuote({ ...image }, 'shared')).toBe(knownQuote(image, 'shared'));
  expect(knownQuote({ ...image, aspectRatio: '1:1' }, 'shared')).not.toBe(knownQuote(image, 'shared'));
  expect(knownQuote({ ...image, aspectRatio: '1:7' }, 'shared')).toMatchObject({ refused: 'not_offered', field: 'aspectRatio' });
});
