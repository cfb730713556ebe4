import { z } from 'zod';

/** Snake_case spelling of each field of a schema → the field. */
export type FieldNames = ReadonlyMap<string, string>;

/**
 * Takes a schema's fields in camelCase, as this API writes them, and in snake_case, as the Dream Machine API does: whoever has rows or a form for
 * one can send them to the other. A field given in both spellings is refused as an unknown one.
 */
export function eitherSpelling<Schema extends z.ZodObject>(schema: Schema): z.ZodPreprocess<Schema> {
  const names = fieldNames(schema);
  return z.preprocess((value) => (isPlain(value) ? inCamelCase(value, names) : value), schema);
}

export function fieldNames({ shape }: z.ZodObject): FieldNames {
  return new Map(
    Object.keys(shape)
      .map((name): [string, string] => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name])
      .filter(([snake, name]) => snake !== name),
  );
}

/** @returns the same object if there is nothing to rename */
export function inCamelCase(value: Record<string, unknown>, names: FieldNames): Record<string, unknown> {
  if (!Object.keys(value).some((key) => names.has(key))) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const name = names.get(key);
      return [name !== undefined && !Object.hasOwn(value, name) ? name : key, one];
    }),
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
