import { randomInt } from 'node:crypto';
import { MODELS } from '#core/catalog/models';
import type { OutputRequest } from '#core/catalog/quote';
import { MAX_PROMPT_CHARACTERS, MAX_SEED } from '#core/generations/limits';
import type { SubmitRequest } from '#features/generations/generations.service';
import type { Remake } from '#features/review/row-versions.service';

/** What a row asked for, once more: with a note at the end of its prompt, and another seed unless the same is wanted. */
export function remadeRow(
  { request, prompt, seed, serviceTier, labels }: Remake,
  note: string | undefined,
  keepSeed: boolean,
): SubmitRequest {
  const text = (name: string, other = name): string | undefined => {
    const value = request[name] ?? request[other];
    return typeof value === 'string' ? value : undefined;
  };
  const model = text('model') as string;
  // Rows come in the words of either surface; both name the same things.
  const output: OutputRequest = {
    kind: MODELS[model]?.kind ?? 'video',
    model,
    aspectRatio: text('aspectRatio', 'aspect_ratio'),
    resolution: text('resolution'),
    duration: text('duration'),
    format: text('format'),
  };
  const whole = (note ? `${prompt.trim()} ${note}` : prompt).slice(0, MAX_PROMPT_CHARACTERS);
  const { kind: _, ...named } = output;
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  return {
    surface: 'native',
    output,
    prompt: whole,
    seed: keepSeed ? seed : randomInt(MAX_SEED + 1),
    callbackUrl: null,
    echo: { ...given, prompt: whole },
    wishes: { serviceTier, labels },
  };
}
