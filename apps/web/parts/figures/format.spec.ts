import { expect, it } from 'vitest';
import { formatCents, formatCredits, formatSpan, formatTime } from '#web/parts/figures/format';

it.each([
  ['0', '0'],
  ['1234567.891234', '1,234,567.89'],
  ['5.500000', '5.5'],
  ['-0.25', '-0.25'],
  ['9007199254740993', '9,007,199,254,740,993'],
])('credits %s → %s', (credits, text) => expect(formatCredits(credits, 'en')).toBe(text));

it('writes credits as the language does', () => expect(formatCredits('1234.5', 'de')).toBe('1.234,5'));

it.each([
  ['0', '$0.00'],
  ['-5', '-$0.05'],
  ['123456', '$1,234.56'],
  ['900719925474099301', '$9,007,199,254,740,993.01'],
])('%s cents → %s', (cents, text) => expect(formatCents(cents, 'en')).toBe(text));

const now = new Date('2026-11-23T08:00:00Z');
it.each([
  ['2026-11-23T07:57:00Z', '3 min ago'],
  ['2026-11-22T07:16:00Z', '22 Nov 07:16 UTC'],
  ['2025-11-22T07:16:00Z', '22 Nov 2025 07:16 UTC'],
])('time %s → %s', (at, text) => expect(formatTime(new Date(at), now, 'en')).toBe(text));

it.each([
  [400, '400 ms'],
  [1_540, '1.5 s'],
  [3_000, '3 s'],
  [59_000, '59 s'],
  [130_000, '2 min 10 s'],
  [7_200_000, '2 h'],
  [7_260_000, '2 h 1 min'],
])('span %d ms → %s', (spanMs, text) => expect(formatSpan(spanMs)).toBe(text));
