import { z } from 'zod';

/** One field that does not fit. Every part of `loc` and `input` is a string: a published client shows the message only then. */
const FieldError = z.object({
  type: z.string(),
  loc: z.array(z.string()),
  msg: z.string(),
  input: z.string(),
  ctx: z.object({ expected: z.string() }).optional(),
});
export type FieldError = z.infer<typeof FieldError>;

/** A sentence for what the platform decided, a list for a body whose shape or types do not fit. */
export const DreamMachineError = z.object({ detail: z.union([z.string(), z.array(FieldError)]) }).meta({ id: 'DreamMachineError' });
export type DreamMachineError = z.infer<typeof DreamMachineError>;

const MAX_INPUT_CHARACTERS = 100;

/** Turns the issues of a schema into the contract's list. @param body what was sent, to show the wrong value @param source `body` or `query` */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], body: unknown, source: 'body' | 'query' = 'body'): FieldError[] {
  return issues.map((issue) => {
    const expected = 'expected' in issue ? String(issue.expected) : 'values' in issue ? issue.values.map(String).join(', ') : undefined;
    return {
      type: issue.code,
      loc: [source, ...issue.path.map(String)],
      msg: issue.message,
      input: shown(valueAt(body, issue.path)),
      ...(expected && { ctx: { expected } }),
    };
  });
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined), body);
}

function shown(value: unknown): string {
  // A container is only named: it may be deeper than a serializer can go.
  const text = value !== null && typeof value === 'object' ? (Array.isArray(value) ? 'array' : 'object') : String(value ?? '');
  return text.length > MAX_INPUT_CHARACTERS ? `${text.slice(0, MAX_INPUT_CHARACTERS)}…` : text;
}
