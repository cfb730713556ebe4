import { withoutQuery } from '#platform/telemetry/without-query';

const REDACTED = '[redacted]';
/** Fields that never reach a log line, at any depth. `parameters` are those of a failed SQL statement; `body` is a request's. */
const SECRET_FIELD = /authorization|cookie|prompt|api[-_]?key|secret|token|password|signature|^keys?$|^body$|^parameters$|^rawHeaders$/i;
/** Secrets inside of texts: bearer keys, signing secrets, signatures of signed URLs. */
const SECRET_TEXT = /(\bBearer\s+|\bwhs(?:ec|k)_|[?&](?:[\w-]*signature|sig|token|key)=)[\w.~+/=%-]+/gi;
const DEPTH_LIMIT = 8;

/**
 * What may be logged of an object: secret fields are blanked, requests and errors are summarized, and objects of any other class
 * are told by name only, since nobody knows what they hold.
 *
 * One walk instead of pino's `redact`, which needs a path for each depth: 2 µs a line instead of 90 µs with wildcards to depth 5.
 */
export function loggable(fields: Record<string, unknown>): Record<string, unknown> {
  return withoutSecrets(fields, 0);
}

/** Masks what is secret in a finished log line, for messages and stacks, which have no field names. */
export function maskSecretTexts(line: string): string {
  return line.replace(SECRET_TEXT, `$1${REDACTED}`);
}

/** Whether an object is nothing but its fields. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function withoutSecrets(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, SECRET_FIELD.test(name) ? REDACTED : loggableValue(value, depth + 1)]),
  );
}

function loggableValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_LIMIT) return '[deep]';
  if (value instanceof Error) return summaryOfError(value, depth);
  if (isRequest(value)) return { method: value.method, path: withoutQuery(value.url) };
  if (Array.isArray(value)) return value.map((member) => loggableValue(member, depth + 1));
  if (value instanceof Date) return value;
  return isPlain(value) ? withoutSecrets(value, depth) : `[${value.constructor?.name ?? 'object'}]`;
}

/** Properties of errors are left out but for the code: database errors carry statements with their values. */
function summaryOfError(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    message: error.message,
    code: 'code' in error ? error.code : undefined,
    stack: error.stack,
    cause: error.cause === undefined ? undefined : loggableValue(error.cause, depth + 1),
  };
}

/** Node's request, Fastify's, or an outgoing one. */
function isRequest(value: object): value is { method: string; url: string } {
  return 'headers' in value && 'method' in value && typeof value.method === 'string' && 'url' in value && typeof value.url === 'string';
}
