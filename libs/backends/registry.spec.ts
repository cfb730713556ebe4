import { expect, it } from 'vitest';
import { createBackend } from '#backends/registry';

it('makes a backend by its name', () => {
  expect(createBackend('reference').name).toBe('reference');
});

it.each(['model-x', 'constructor'])("names the backends there are when asked for '%s'", (name) => {
  expect(() => createBackend(name)).toThrow(/there are: reference/);
});
