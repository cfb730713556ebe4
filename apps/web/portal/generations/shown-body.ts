/** A body as JSON for people to read. Addresses are shown without what stands behind their question mark: it may be a permission. */
export function shownBody(body: unknown): string {
  return JSON.stringify(body, (_, value: unknown) => (typeof value === 'string' ? withoutPermission(value) : value), 2);
}

function withoutPermission(text: string): string {
  const url = /^https?:/.test(text) ? URL.parse(text) : null;
  return url?.search || url?.username ? `${url.origin}${url.pathname}?…` : text;
}
