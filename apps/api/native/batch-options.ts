import { Refused } from '#apps/api/errors/refused';
import { fieldErrors } from '#contracts/dream-machine/errors';
import { BatchOptions } from '#contracts/native/batches';

/** @throws Refused */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused('malformed_json', 'options is not valid JSON');
  }
}

/** @throws Refused */
export function optionsOf(value: unknown): BatchOptions {
  const parsed = BatchOptions.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = fieldErrors(parsed.error.issues, value);
  throw new Refused('invalid_fields', fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '), fields);
}
