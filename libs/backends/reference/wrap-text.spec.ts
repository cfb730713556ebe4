import { expect, it } from 'vitest';
import { wrapText } from '#backends/reference/wrap-text';

const box = { maxWidth: 10, maxLines: 3, widthOf: (line: string) => [...line].length };

it.each([
  { text: 'a red fox', lines: ['a red fox'] },
  { text: 'a red fox in snow', lines: ['a red fox', 'in snow'] },
  { text: 'exactly te', lines: ['exactly te'] },
  { text: 'exactly te n', lines: ['exactly te', 'n'] },
  { text: 'incomprehensible', lines: ['incomprehe', 'nsible'] },
  { text: 'one two three four five six seven', lines: ['one two', 'three four', 'five six…'] },
  { text: 'line\nbreaks\tand \u0000controls', lines: ['line', 'breaks and', 'controls'] },
  { text: '🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊', lines: ['🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊', '🦊'] }, // never half a character
  { text: '  ', lines: [] },
])('$text → $lines', ({ text, lines }) => {
  expect(wrapText(text, box)).toEqual(lines);
});

it('ends in a box narrower than a letter', () => {
  expect(wrapText('abc', { ...box, maxWidth: 0 })).toEqual(['a', 'b', 'c']);
});
