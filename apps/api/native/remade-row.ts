import { randomInt } from 'node:crypto';
import type { CreateGeneration } from '#contracts/native/generations';
import { MAX_PROMPT_CHARACTERS, MAX_SEED } from '#core/generations/limits';
import type { SubmitRequest } from '#features/generations/generations.service';
import type { Remake } from '#features/review/row-versions.service';
import { understandDreamMachine } from '#features/understanding/dream-machine.service';
import type { Media } from '#features/understanding/media.service';
import { understandNative } from '#features/understanding/native.service';

/**
 * What a row asked for, once more: with a note at the end of its prompt, and another seed unless the same is wanted. It is understood anew, so that
 * it starts from what the row started from. @throws Misunderstood when that is gone
 */
export async function remadeRow(
  { surface, request, prompt, seed, serviceTier, labels }: Remake,
  { note, keepSeed }: { note: string | undefined; keepSeed: boolean },
  media: Media,
): Promise<SubmitRequest> {
  const whole = (note ? `${prompt.trim()} ${note}` : prompt).slice(0, MAX_PROMPT_CHARACTERS);
  const { seed: _seed, startBy: _startBy, completeBy: _completeBy, callback_url: _callbackUrl, ...lasting } = request;
  const echo = { ...lasting, ...(whole && { prompt: whole }) };
  // Rows come in the words of either surface.
  const { output, recipe } = await (surface === 'native'
    ? understandNative(echo as CreateGeneration, media)
    : understandDreamMachine(echo, media));
  return {
    surface,
    output,
    recipe,
    prompt: whole,
    seed: keepSeed ? seed : randomInt(MAX_SEED + 1),
    callbackUrl: null,
    echo,
    wishes: { serviceTier, labels },
  };
}
