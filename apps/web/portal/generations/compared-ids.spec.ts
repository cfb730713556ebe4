import { expect, it } from 'vitest';
import { comparedIds } from '#web/portal/generations/compared-ids';

const ids = [1, 2, 3, 4, 5].map((last) => `00000000-0000-7000-8000-00000000000${last}`);

it.each([
  { given: ids.slice(0, 2).join(','), compared: ids.slice(0, 2) },
  { given: ids.join(','), compared: ids.slice(0, 4) },
  { given: `${ids[0]},${ids[0]},nonsense`, compared: [ids[0]] },
  { given: '', compared: [] },
  { given: 7, compared: [] },
  { given: undefined, compared: [] },
])('$given compares $compared.length', ({ given, compared }) => expect(comparedIds(given)).toEqual(compared));
