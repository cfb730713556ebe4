import { expect, it } from 'vitest';
import { asDomain, domainOf, isProven, proofRecord } from '#core/access/domains';

it.each([
  ['Acme.Example', 'acme.example'],
  [' mail.acme.example. ', 'mail.acme.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['example', undefined], // nobody owns a top level alone
  ['127.0.0.1', undefined],
  ['https://acme.example', undefined],
  ['a@acme.example', undefined],
  ['acme_.example', undefined],
  ['-acme.example', undefined],
  [`${'a.'.repeat(130)}example`, undefined],
])('"%s" → %s', (given, kept) => expect(asDomain(given)).toBe(kept));

it.each([
  [0, 0, false],
  [1, 1, true],
  [2, 1, false],
  [3, 2, true],
  [3, 1, false],
])('of %i resolvers, %i with the record: proven %s', (answered, agreed, proven) => expect(isProven({ answered, agreed })).toBe(proven));

it('asks for a record beside the domain’s own', () => {
  expect(proofRecord('acme.example', 'abc')).toEqual({ name: '_halogen.acme.example', value: 'halogen-domain=abc' });
});

it('takes what follows the last @', () => expect(domainOf('"a@b"@acme.example')).toBe('acme.example'));
