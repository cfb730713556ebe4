import type { z } from 'zod';
import { Refused } from '#apps/api/errors/refused';
import { fieldErrors } from '#contracts/dream-machine/errors';
import { BatchOptions, CreateBatch } from '#contracts/native/batches';

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
  return parsed(BatchOptions.safeParse(value), value);
}

/** The JSON body of a batch without rows of its own. @throws Refused */
export function createBatchOf(value: unknown): CreateBatch {
  return parsed(CreateBatch.safeParse(value), value);
}

function parsed<T>(outcome: z.ZodSafeParseResult<T>, value: unknown): T {
  if (outcome.success) return outcome.data;
  const fields = fieldErrors(outcome.error.issues, value);
  throw new Refused('invalid_fields', fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '), fields);
}
