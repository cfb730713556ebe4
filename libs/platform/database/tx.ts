/** An open transaction: the first argument of everything that reads or writes, so that the compiler remembers it. */
export interface Tx {
  /** Runs one statement and answers its rows. Int8 columns arrive as strings. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** What runs one statement of a name in a transaction, however it is sent. */
export type StatementTx = Pick<HotTx, 'prepared'>;

/** A transaction on a path where each round trip is time that others wait for its locks. */
export interface HotTx extends Tx {
  /** As `query`, planned once a connection and name. A name stands for one text. */
  prepared<Row = Record<string, unknown>>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]>;
  /**
   * A statement that is sent together with the COMMIT once the work has returned, behind those that were asked for before. When it fails
   * nothing is committed and the transaction rejects with its error.
   * @returns its rows once they are committed: not to be waited for by the work, which the COMMIT waits for
   */
  last<Row = Record<string, unknown>>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]>;
}
