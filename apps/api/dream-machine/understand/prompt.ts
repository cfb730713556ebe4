import { Refused } from '#apps/api/errors/refused';
import { MAX_PROMPT_CHARACTERS, MIN_PROMPT_CHARACTERS } from '#core/generations/limits';

type Prompt = string | null | undefined;

/** @throws Refused in the words of Dream Machine */
export function understandPrompt(prompt: Prompt): string {
  if (prompt === null || prompt === undefined) throw new Refused('invalid_prompt', 'Prompt is required');
  const { length } = [...prompt.trim()];
  if (length < MIN_PROMPT_CHARACTERS) {
    throw new Refused('invalid_prompt', `Prompt is too short, minimum length is ${MIN_PROMPT_CHARACTERS} characters`);
  }
  return understandText(prompt);
}

/** For requests that need none: a blank prompt is as good as an absent one. @throws Refused */
export function understandOptionalPrompt(prompt: Prompt): string {
  return prompt?.trim() ? understandPrompt(prompt) : '';
}

/** Text of any length up to the longest prompt. @throws Refused */
export function understandText(text: string): string {
  if ([...text.trim()].length > MAX_PROMPT_CHARACTERS) {
    throw new Refused('invalid_prompt', `Prompt is too long, maximum length is ${MAX_PROMPT_CHARACTERS} characters`);
  }
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new Refused('invalid_prompt', 'Prompt must be text without NUL and lone surrogates');
  }
  return text;
}
