import { randomInt } from 'node:crypto';
import { Refused } from '#apps/api/errors/refused';
import type { ImageRequest, VideoRequest } from '#contracts/dream-machine/requests';
import { MAX_PROMPT_CHARACTERS, MIN_PROMPT_CHARACTERS } from '#core/generations/limits';
import type { SubmitRequest } from '#features/generations/generations.service';

/** Published clients may leave the model out. */
const DEFAULT_IMAGE_MODEL = 'photon-1';
const DEFAULT_VIDEO_MODEL = 'ray-2';
const MAX_SEED = 2 ** 31;

/** An image request in Halogen's words. @throws Refused for what Dream Machine answers with 400 */
export function understandImage(body: ImageRequest): SubmitRequest {
  const { model, aspect_ratio, format, prompt, callback_url, sync } = body;
  refuseWhatIsToCome({
    ...pick(body, ['image_ref', 'image', 'style_ref', 'style', 'character_ref', 'character', 'modify_image_ref', 'modify_image']),
    ...(sync && { sync }),
  });
  const output = {
    kind: 'image' as const,
    model: model ?? DEFAULT_IMAGE_MODEL,
    aspectRatio: aspect_ratio ?? undefined,
    format: format ?? undefined,
  };
  return {
    surface: 'dream_machine',
    output,
    prompt: understandPrompt(prompt),
    seed: randomInt(MAX_SEED),
    callbackUrl: callback_url ?? null,
    echo: withoutNulls({ generation_type: 'image', model: output.model, prompt, aspect_ratio, format, callback_url }),
  };
}

/** A video request in Halogen's words. @throws Refused for what Dream Machine answers with 400 */
export function understandVideo(body: VideoRequest): SubmitRequest {
  const { model, aspect_ratio, resolution, duration, prompt, callback_url, loop } = body;
  refuseWhatIsToCome({ ...pick(body, ['keyframes', 'concepts']), ...(loop && { loop }) });
  const output = {
    kind: 'video' as const,
    model: model ?? DEFAULT_VIDEO_MODEL,
    aspectRatio: aspect_ratio ?? undefined,
    resolution: resolution ?? undefined,
    duration: duration ?? undefined,
  };
  return {
    surface: 'dream_machine',
    output,
    prompt: understandPrompt(prompt),
    seed: randomInt(MAX_SEED),
    callbackUrl: callback_url ?? null,
    echo: withoutNulls({ generation_type: 'video', model: output.model, prompt, aspect_ratio, resolution, duration, loop, callback_url }),
  };
}

function understandPrompt(prompt: string | null | undefined): string {
  if (prompt === null || prompt === undefined) throw new Refused('invalid_prompt', 'Prompt is required');
  const { length } = [...prompt.trim()];
  if (length < MIN_PROMPT_CHARACTERS) {
    throw new Refused('invalid_prompt', `Prompt is too short, minimum length is ${MIN_PROMPT_CHARACTERS} characters`);
  }
  if (length > MAX_PROMPT_CHARACTERS) {
    throw new Refused('invalid_prompt', `Prompt is too long, maximum length is ${MAX_PROMPT_CHARACTERS} characters`);
  }
  if (prompt.includes('\0') || !prompt.isWellFormed())
    throw new Refused('invalid_prompt', 'Prompt must be text without NUL and lone surrogates');
  return prompt;
}

/** Refuses by name what was asked for and cannot be done yet: better than a result that silently lacks it. */
function refuseWhatIsToCome(asked: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(asked)) {
    if (value !== null && value !== undefined && !isEmpty(value)) throw new Refused('not_supported_yet', `${name} is not supported yet`);
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

function withoutNulls(echo: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(echo).filter(([, value]) => value !== null && value !== undefined));
}
