/**
 * A Postgres array of values that need no quotes: uuids and whole numbers. The driver would escape each of them, which on
 * paths that write thousands of rows costs more than the fold.
 */
export function plainArray(values: readonly (string | bigint | number | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}
