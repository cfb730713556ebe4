import { randomInt } from 'node:crypto';
import type { OutputRequest } from '#core/catalog/quote';
import { MAX_INPUTS } from '#core/generations/fetch-limits';
import { MAX_SEED } from '#core/generations/limits';
import { PLAIN_RECIPE, type Recipe } from '#core/generations/recipe';
import type { SubmitRequest } from '#features/generations/generations.service';
import { Misunderstood } from '#features/understanding/misunderstood.service';

/** Published clients may leave the model out. */
export const DEFAULT_IMAGE_MODEL = 'photon-1';
export const DEFAULT_VIDEO_MODEL = 'ray-2';

export interface Understood {
  output: Omit<OutputRequest, 'operation' | 'fetches'>;
  prompt: string;
  recipe: Partial<Recipe>;
  callbackUrl: string | null | undefined;
  /** What `request` will echo: known fields with valid values only, since a published client validates it. Nulls are left out. */
  echo: Record<string, unknown>;
}

/** A Dream Machine request in Halogen's words. @throws Misunderstood */
export function submitRequest({ output, prompt, recipe: given, callbackUrl, echo }: Understood): SubmitRequest {
  const recipe = { ...PLAIN_RECIPE, ...given };
  if (recipe.inputs.length > MAX_INPUTS)
    throw new Misunderstood('unusable_input', `Too many references, at most ${MAX_INPUTS} are supported`);
  return {
    surface: 'dream_machine',
    output: { ...output, operation: recipe.operation, fetches: recipe.inputs.length > 0 },
    prompt,
    seed: randomInt(MAX_SEED + 1),
    callbackUrl: callbackUrl ?? null,
    echo: withoutNulls({ ...echo, callback_url: callbackUrl }),
    recipe,
  };
}

/** A body that names another kind of request than its route is for. @throws Misunderstood */
export function requireType(given: string | null | undefined, expected: string): void {
  if (given !== null && given !== undefined && given !== expected) throw new Misunderstood('unusable_input', 'Unknown request type');
}

function withoutNulls(echo: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(echo).filter(([, value]) => value !== null && value !== undefined));
}
