import { expect, it } from 'vitest';
import { csvOf } from '#web/admin/panel/csv';

it.each([
  { row: ['node', 3, null], line: 'node,3,' },
  { row: ['a "b", c'], line: '"a ""b"", c"' },
  { row: ['=HYPERLINK("x")', '-5', '+x'], line: `"'=HYPERLINK(""x"")",-5,'+x` },
])('$row → $line', ({ row, line }) => expect(csvOf([row])).toBe(`${line}\r\n`));
