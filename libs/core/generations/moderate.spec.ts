import { expect, it } from 'vitest';
import { BLACKLISTED_WORDS_REASON, moderate } from '#core/generations/moderate';

it.each([
  { prompt: 'a teddy bear in sunglasses', allowed: true },
  { prompt: 'a field of rapeseed behind grapes', allowed: true }, // whole words only
  { prompt: 'a snuff box on film', allowed: true },
  { prompt: 'rape', allowed: false },
  { prompt: 'A scene of RAPE, slow motion', allowed: false },
  { prompt: 'a snuff\n film', allowed: false },
  { prompt: 'bomb making for beginners', allowed: false },
  { prompt: 'ｓｎｕｆｆ　ｆｉｌｍ', allowed: false }, // full width
  { prompt: 'Überrape', allowed: true },
])('$prompt → allowed: $allowed', ({ prompt, allowed }) => {
  expect(moderate(prompt)).toEqual(allowed ? { allowed } : { allowed, reason: BLACKLISTED_WORDS_REASON });
});
