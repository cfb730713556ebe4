import type { z } from 'zod';

/** Thrown at start when variables are missing or wrong. The message has a line for each and is written for the operator. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * The only reader of `process.env`. An empty variable counts as unset. Throws EnvironmentError, which names every wrong variable
 * and never repeats a value that may be a secret.
 */
export function readEnvironment<Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv = process.env): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in schema.shape && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;

  const lines = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    const value = given[name];
    if (value === undefined) return `  ${name || 'environment'}: ${path.length === 1 ? 'is not set. ' : ''}${message}`;
    return `  ${name}: ${maySecret(name) ? message.replaceAll(value, '…') : message}`;
  });
  throw new EnvironmentError(`The environment is not usable:\n${lines.join('\n')}`);
}

/** Connection URLs carry passwords. zod's own messages never repeat input; those of custom checks might. */
function maySecret(name: string): boolean {
  return /KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL|_URL$/.test(name);
}
