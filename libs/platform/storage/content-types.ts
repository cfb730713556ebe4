/** The fixed list of types an asset may be served as: no type that a browser would run. */
const CONTENT_TYPES = {
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.mp4': 'video/mp4',
} as const;

export type ServedContentType = (typeof CONTENT_TYPES)[keyof typeof CONTENT_TYPES];

/** Type by the key's ending; undefined for anything that is not served. */
export function contentTypeOf(key: string): ServedContentType | undefined {
  return CONTENT_TYPES[key.slice(key.lastIndexOf('.')) as keyof typeof CONTENT_TYPES];
}
