import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { inTransaction } from '#platform/database/in-transaction';
import type { HotTx } from '#platform/database/tx';

export interface LoaderPoolSettings {
  url: string;
  applicationName: string;
  maxConnections: number;
  /** Runs once on each new connection: the temporary tables that rows are staged in. */
  prepare: string;
}

/** A transaction that rows may be copied in. */
export interface LoaderTx extends HotTx {
  /** @param statement `COPY … FROM STDIN` @param text lines of Postgres' text format, a piece of them at a time */
  copy(statement: string, text: Iterable<string>): Promise<void>;
}

/** Long enough for a chunk to be understood between two statements, short enough for a stopped process to let go of its locks. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** Connections of the loader's role. Apart from the hot pool, since COPY cannot be pipelined. */
export class LoaderPool {
  private readonly pool: pg.Pool;

  constructor({ url, applicationName, maxConnections, prepare }: LoaderPoolSettings) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: applicationName,
      max: maxConnections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      onConnect: (client) => client.query(prepare),
    } as pg.PoolConfig);
    this.pool.on('error', () => {}); // an idle connection that dies is replaced at the next use
  }

  /** As `HotPool.transaction`, for one tenant. @throws DatabaseUnavailable; the commit may then still have happened */
  async transaction<T>(name: string, tenantId: string, work: (tx: LoaderTx) => Promise<T>): Promise<T> {
    return inTransaction(this.pool, name, async (client) => {
      await client.query('BEGIN');
      await client.query(`SELECT set_config('halogen.tenants', $1, true)`, [`{${tenantId}}`]);
      const tx = new CopyingTransaction(client);
      const result = await work(tx);
      const tellLast = await tx.runLast();
      await client.query('COMMIT');
      tellLast();
      return result;
    });
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

class CopyingTransaction implements LoaderTx {
  private readonly lastStatements: (() => Promise<() => void>)[] = [];

  constructor(private readonly client: pg.PoolClient) {}

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.client.query(sql, parameters as unknown[])).rows as Row[];
  }

  async prepared<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return (await this.client.query({ name, text: sql, values: parameters as unknown[] })).rows as Row[];
  }

  last<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return new Promise((resolve) => {
      this.lastStatements.push(async () => {
        const rows = await this.prepared<Row>(name, sql, parameters);
        return () => resolve(rows);
      });
    });
  }

  /** @returns tells those who asked for the statements, once they are committed */
  async runLast(): Promise<() => void> {
    const tell: (() => void)[] = [];
    for (const run of this.lastStatements) tell.push(await run());
    return () => {
      for (const each of tell) each();
    };
  }

  async copy(statement: string, text: Iterable<string>): Promise<void> {
    await pipeline(Readable.from(text), this.client.query(copyFrom(statement)));
  }
}
