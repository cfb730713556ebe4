import { expect, it } from 'vitest';
import { z } from 'zod';
import { EnvironmentError, readEnvironment } from '#platform/config/read-environment';

const schema = z.object({
  PORT: z.coerce.number().int().max(65_535).default(3_000),
  MODE: z.enum(['full', 'instant']).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres$/ }),
  SIGNING_SECRET: z.string().refine((value) => value.length >= 32, { error: ({ input }) => `"${input}" is too short` }),
});
const secret = 'a secret of thirty-two characters';
const right = { DATABASE_URL: 'postgres://user:hunter2@127.0.0.1/halogen', SIGNING_SECRET: secret };

it('gives what the schema names, with defaults, and nothing else', () => {
  expect(readEnvironment(schema, { ...right, PORT: '8080', HOME: '/somewhere' })).toEqual({ ...right, PORT: 8080 });
});

it('takes an empty variable for an unset one', () => {
  expect(readEnvironment(schema, { ...right, PORT: '', MODE: '' })).toEqual({ ...right, PORT: 3_000 });
});

it('names every wrong variable on a line of its own and no secret', () => {
  const wrong = { PORT: '70000', MODE: 'quick', DATABASE_URL: 'mysql://user:hunter2@127.0.0.1', SIGNING_SECRET: 'hunter2' };
  const message = messageOf(() => readEnvironment(schema, wrong));
  expect(message.split('\n')).toHaveLength(5);
  for (const name of Object.keys(wrong)) expect(message).toMatch(new RegExp(`^ {2}${name}: `, 'm'));
  expect(message).not.toContain('hunter2');
});

it('says what is not set', () => {
  expect(messageOf(() => readEnvironment(schema, {}))).toMatch(/^ {2}DATABASE_URL: is not set\..*\n {2}SIGNING_SECRET: is not set\./m);
});

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}
