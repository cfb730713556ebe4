import { expect, it } from 'vitest';
import { hexOfOklch } from '#core/generations/scene-plan-colour';

it.each([
  { colour: 'black', lightness: 0, chroma: 0, hueDeg: 0, hex: '#000000' },
  { colour: 'white', lightness: 1, chroma: 0, hueDeg: 0, hex: '#ffffff' },
  { colour: 'red', lightness: 0.62796, chroma: 0.25768, hueDeg: 29.234, hex: '#ff0000' },
  { colour: 'green', lightness: 0.86644, chroma: 0.29483, hueDeg: 142.495, hex: '#00ff00' },
  { colour: 'blue', lightness: 0.45201, chroma: 0.31321, hueDeg: 264.052, hex: '#0000ff' },
])('$colour is $hex', ({ lightness, chroma, hueDeg, hex }) => {
  expect(hexOfOklch(lightness, chroma, hueDeg)).toBe(hex);
});

it('clips what sRGB cannot show', () => {
  expect(hexOfOklch(0.9, 0.4, 264)).toMatch(/^#[0-9a-f]{6}$/);
});
