/** An open transaction: the first argument of everything that reads or writes, so that the compiler remembers it. */
export interface Tx {
  /** Runs one statement and answers its rows. Int8 columns arrive as strings. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}
