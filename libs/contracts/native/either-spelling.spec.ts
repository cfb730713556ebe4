import { expect, it } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { CreateGeneration } from '#contracts/native/generations';

const wish = { model: 'photon-1', prompt: 'a lighthouse at dusk' };

it('takes a field in either spelling and writes it in camelCase', () => {
  expect(CreateGeneration.parse({ ...wish, service_tier: 'flex', aspectRatio: '1:1' })).toEqual({
    ...wish,
    serviceTier: 'flex',
    aspectRatio: '1:1',
  });
  expect(BatchOptions.parse({ dry_run: true, defaults: { aspect_ratio: '1:1' } })).toMatchObject({
    dryRun: true,
    defaults: { aspectRatio: '1:1' },
  });
});

it('refuses a field that is given twice', () => {
  const { error } = CreateGeneration.safeParse({ ...wish, aspect_ratio: '16:9', aspectRatio: '1:1' });
  expect(error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['aspect_ratio'] }]);
});

it.each([null, 'text', ['a list'], 7])('leaves %j to the schema', (value) => {
  expect(CreateGeneration.safeParse(value).success).toBe(false);
});
