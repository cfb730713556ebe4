import { MAX_PROMPT_CHARACTERS, MIN_PROMPT_CHARACTERS } from '#core/generations/limits';
import { isKeepable, KEEPABLE_TEXT } from '#core/text/keepable-text';
import { Misunderstood } from '#features/understanding/misunderstood.service';

type Prompt = string | null | undefined;

/** @throws Misunderstood in the words of Dream Machine */
export function understandPrompt(prompt: Prompt): string {
  if (prompt === null || prompt === undefined) throw new Misunderstood('invalid_prompt', 'Prompt is required');
  const { length } = [...prompt.trim()];
  if (length < MIN_PROMPT_CHARACTERS) {
    throw new Misunderstood('invalid_prompt', `Prompt is too short, minimum length is ${MIN_PROMPT_CHARACTERS} characters`);
  }
  return understandText(prompt);
}

/** For requests that need none: a blank prompt is as good as an absent one. @throws Misunderstood */
export function understandOptionalPrompt(prompt: Prompt): string {
  return prompt?.trim() ? understandPrompt(prompt) : '';
}

/** Text of any length up to the longest prompt. @throws Misunderstood */
export function understandText(text: string): string {
  if ([...text.trim()].length > MAX_PROMPT_CHARACTERS) {
    throw new Misunderstood('invalid_prompt', `Prompt is too long, maximum length is ${MAX_PROMPT_CHARACTERS} characters`);
  }
  if (!isKeepable(text)) {
    throw new Misunderstood('invalid_prompt', `Prompt ${KEEPABLE_TEXT}`);
  }
  return text;
}
