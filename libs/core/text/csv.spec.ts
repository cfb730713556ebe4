import { expect, it } from 'vitest';
import { csvLine } from '#core/text/csv';

it.each([
  { cell: '=HYPERLINK("http://x")', written: `"'=HYPERLINK(""http://x"")"` },
  { cell: '+1', written: "'+1" },
  { cell: '-1', written: "'-1" },
  { cell: '@SUM(A1)', written: "'@SUM(A1)" },
  { cell: '\t=1', written: "'\t=1" },
  { cell: 'a, b', written: '"a, b"' },
  { cell: 'two\nlines', written: '"two\nlines"' },
  { cell: { value: '-5.5' }, written: '-5.5' },
  { cell: null, written: '' },
])('writes $cell as $written', ({ cell, written }) => {
  expect(csvLine([cell, 1])).toBe(`${written},1\r\n`);
});
