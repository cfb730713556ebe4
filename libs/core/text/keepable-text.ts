export const KEEPABLE_TEXT = 'must be text without NUL and lone surrogates';

/** Whether Postgres can keep this text: no NUL, no lone surrogates. */
export function isKeepable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The path of some text that Postgres could not keep, of its parent when it is a name. It does not recurse: a body may be nested deeper than a stack. */
export function unkeepablePath(value: unknown): string[] | undefined {
  const open: Place[] = [{ value }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value } = place;
    if (typeof value === 'string' && !isKeepable(value)) return pathTo(place);
    if (value === null || typeof value !== 'object') continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!isKeepable(key)) return pathTo(place);
      if (typeof inner === 'string' || typeof inner === 'object') open.push({ value: inner, key, parent: place });
    }
  }
  return undefined;
}

interface Place {
  value: unknown;
  key?: string;
  parent?: Place;
}

function pathTo(place: Place): string[] {
  const path: string[] = [];
  for (let at: Place | undefined = place; at?.key !== undefined; at = at.parent) path.unshift(at.key);
  return path;
}
