import type { ServiceTier } from '#core/catalog/service-tiers';
import { client } from '#sdk/client.gen';
import type { Batch } from '#sdk/types.gen';

export interface Axis {
  name: string;
  /** One a line. */
  values: string;
}

/** What a campaign shall be, as it is typed. */
export interface Wish {
  source: 'matrix' | 'csv';
  name: string;
  model: string;
  aspectRatio: string | null;
  tier: ServiceTier;
  promptTemplate: string;
  file: File | null;
  axes: Axis[];
}

export const NEW_WISH: Wish = {
  source: 'matrix',
  name: '',
  model: 'photon-1',
  aspectRatio: null,
  tier: 'flex',
  promptTemplate: '',
  file: null,
  axes: [{ name: '', values: '' }],
};

/** Axes that have a name and values. */
export function matrixOf(axes: readonly Axis[]): Record<string, string[]> {
  const named = axes.map(({ name, values }): [string, string[]] => [
    name.trim(),
    values
      .split('\n')
      .map((value) => value.trim())
      .filter(Boolean),
  ]);
  return Object.fromEntries(named.filter(([name, values]) => name !== '' && values.length > 0));
}

/** Sends the campaign, to be checked or to be made. A file goes as it is, and what it does not say goes with it. */
export async function send(wish: Wish, dryRun: boolean): Promise<Batch> {
  const { source, name, model, aspectRatio, tier, promptTemplate, file, axes } = wish;
  const options = {
    ...(name.trim() && { name: name.trim() }),
    serviceTier: tier,
    dryRun,
    defaults: { model, ...(aspectRatio && { aspectRatio }) },
    ...(promptTemplate.trim() && { promptTemplate: promptTemplate.trim() }),
    ...(source === 'matrix' && { matrix: matrixOf(axes) }),
  };
  const fromFile = source === 'csv' && file !== null;
  const { data } = await client.post<{ 202: Batch }, unknown, true>({
    url: '/api/v1/batches',
    throwOnError: true,
    ...(fromFile
      ? { query: { options: JSON.stringify(options) }, body: file, bodySerializer: null, headers: { 'content-type': 'text/csv' } }
      : { body: options, headers: { 'content-type': 'application/json' } }),
  });
  return data;
}
