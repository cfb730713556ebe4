import { MAX_JSON_DEPTH } from '#core/ingestion/limits';
import { isKeepable, unkeepablePath } from '#core/text/keepable-text';

/** Why a row is not taken. @param field null when it is about the row as a whole */
export interface RowRefusal {
  refused: 'bad_row';
  field: string | null;
  reason: string;
}

export function badRow(field: string | null, reason: string): RowRefusal {
  return { refused: 'bad_row', field, reason };
}

/**
 * Parses one JSON object and refuses what parsers read differently from each other: duplicate keys, `__proto__`, NUL, lone surrogates, and
 * nesting that would exhaust a stack.
 */
export function parseStrictJson(text: string): { value: Record<string, unknown> } | RowRefusal {
  const oddity = oddityOf(text);
  if (oddity) return oddity;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return badRow(null, 'not valid JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return badRow(null, 'not a JSON object');
  // An escape is the only way in for what well-formed UTF-8 cannot hold.
  if (text.includes('\\u')) {
    const path = unkeepablePath(value);
    if (path) return badRow(path.map(shown).join('.'), 'holds NUL or a lone surrogate');
  }
  return { value: value as Record<string, unknown> };
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Walks over the text once, without building anything: strings are jumped over, keys are compared within their object. */
function oddityOf(text: string): RowRefusal | undefined {
  const keysOfObjects: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let expectsKey = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (end === -1) return badRow(null, 'not valid JSON');
        if (expectsKey && keys) {
          const key = keyOf(text.slice(at + 1, end));
          if (key === '__proto__') return badRow('__proto__', 'this name is not allowed');
          if (keys.has(key)) return badRow(shown(key), 'is given twice');
          keys.add(key);
          expectsKey = false;
        }
        at = end;
        break;
      }
      case 0:
        return badRow(null, 'holds NUL');
      case 123: // {
        keysOfObjects.push(keys);
        keys = new Set();
        expectsKey = true;
        break;
      case 91: // [
        keysOfObjects.push(keys);
        keys = null;
        expectsKey = false;
        break;
      case 125: // }
      case 93: // ]
        keys = keysOfObjects.pop() ?? null;
        expectsKey = false;
        break;
      case 44: // ,
        expectsKey = keys !== null;
        break;
    }
    if (keysOfObjects.length > MAX_JSON_DEPTH) return badRow(null, `nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}

/** Two spellings of a name are one name. */
function keyOf(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw; // the parser will refuse it
  }
}

const MAX_SHOWN_CHARACTERS = 60;

/** A caller's word in an answer, bounded. */
export function shown(word: string): string {
  const text = isKeepable(word) ? word : 'text that cannot be shown';
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`.toWellFormed() : text;
}
