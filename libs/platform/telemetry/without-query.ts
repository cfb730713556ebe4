/** A request path as it may be told in traces and logs: signed URLs carry their signature in the query. */
export function withoutQuery(path: string): string {
  return path.split('?', 1)[0]!;
}
