import { expect, it } from 'vitest';
import { isKeepable, unkeepablePath } from '#core/text/keepable-text';

it('knows what Postgres can keep', () => {
  expect(['', 'a fox', '🦊'].every(isKeepable)).toBe(true);
  expect(['\0', 'a \0 fox', '\ud83e', '\udd8a\ud83e'].some(isKeepable)).toBe(false);
});

it.each([
  ['text', '\0', []],
  ['a field', { a: 1, b: { c: [null, 'x', '\ud800'] } }, ['b', 'c', '2']],
  ['a name', { a: { 'b\0': 1 } }, ['a']],
  ['nothing', { a: ['fox', 1, null, undefined, true, new Date()] }, undefined],
])('finds %s', (_what, value, path) => {
  expect(unkeepablePath(value)).toEqual(path);
});

it('takes what is nested deeper than a stack', () => {
  expect(unkeepablePath(JSON.parse(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`))).toBeUndefined();
});
