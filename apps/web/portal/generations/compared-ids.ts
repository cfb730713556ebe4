export const MIN_COMPARED = 2;
export const MAX_COMPARED = 4;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The generations that an address compares, as `?ids=a,b`; what is none is left out. */
export function comparedIds(given: unknown): string[] {
  const ids = typeof given === 'string' ? given.split(',').filter((id) => UUID.test(id)) : [];
  return [...new Set(ids)].slice(0, MAX_COMPARED);
}
