import type { Writable } from 'node:stream';
import pg from 'pg';
import { databaseFailure } from '#platform/database/failures';
import { inTransaction } from '#platform/database/in-transaction';
import type { HotTx } from '#platform/database/tx';

export interface HotPoolSettings {
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  maxConnections: number;
  /** Its statements name the rows they want: they are looked up by their keys, whatever the server thinks of its tables (docs/decisions/0021). */
  looksUpByKey?: boolean;
}

/** Opens no transaction longer than a stopped process may hold its locks (design: paths on which others wait). */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Neither reads a table, or all of an index, to pick what it wants out of it. */
const BY_KEY = ['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin'].map((way) => `-c ${way}=off`).join(' ');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Plain SQL over `pg`, for the paths on which many callers wait: grouped commands, the scheduler, relays. */
export class HotPool {
  private readonly pool: pg.Pool;

  constructor(readonly settings: HotPoolSettings) {
    this.pool = new pg.Pool({
      connectionString: settings.url,
      application_name: settings.applicationName,
      max: settings.maxConnections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      ...(settings.looksUpByKey && { options: BY_KEY }),
      keepAlive: true,
      pipeline: true,
    } as pg.PoolConfig);
    // A connection that dies while idle is replaced at the next use; unheard, its error would end the process.
    this.pool.on('error', () => {});
  }

  /**
   * Runs `work` in one transaction and commits it; any throw rolls back and is rethrown.
   * @param tenantIds the tenants that row-level security lets this transaction see; a role with policies of its own passes none.
   * @throws DatabaseUnavailable when the server cannot be reached or ended the connection. The commit may then still have happened.
   */
  async transaction<T>(name: string, tenantIds: readonly string[], work: (tx: HotTx) => Promise<T>): Promise<T> {
    return inTransaction(this.pool, name, async (client) => {
      const tx = new PipelinedTransaction(client, beginFor(tenantIds));
      const result = await work(tx);
      await tx.commit();
      return result;
    });
  }

  /** One prepared statement that is a transaction of its own, for a role that needs no tenant: a single round trip. The name stands for this text alone. */
  async statement<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return inTransaction(this.pool, name, async (client) => {
      const { rows } = await client.query({ name, text: sql, values: parameters as unknown[] });
      return rows as Row[];
    });
  }

  /** One statement outside any transaction, for a role that needs no tenant. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.pool.query(sql, parameters as unknown[])).rows as Row[];
    } catch (error) {
      throw databaseFailure(error).error;
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

type Statement = { name?: string; text: string; values: unknown[] };

interface LastStatement {
  statement: Statement;
  committed(rows: unknown[]): void;
}

/**
 * Sends the BEGIN with the first statement and the COMMIT with the last one: two round trips instead of four. Postgres runs what is
 * behind a failed statement of a transaction only to refuse it, so that a COMMIT behind one rolls back.
 */
class PipelinedTransaction implements HotTx {
  private readonly begun: Promise<unknown>;
  private readonly lastStatements: LastStatement[] = [];

  constructor(
    private readonly client: pg.PoolClient,
    begin: string,
  ) {
    sendTogether(client);
    this.begun = client.query(begin);
    this.begun.catch(() => {}); // told by whatever waits for it
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.run({ text: sql, values: parameters as unknown[] });
  }

  prepared<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return this.run({ name, text: sql, values: parameters as unknown[] });
  }

  last<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return new Promise((resolve) => {
      const statement = { name, text: sql, values: parameters as unknown[] };
      this.lastStatements.push({ statement, committed: (rows) => resolve(rows as Row[]) });
    });
  }

  async commit(): Promise<void> {
    await this.begun;
    sendTogether(this.client);
    const last = this.lastStatements.map(({ statement }) => this.client.query(statement));
    const committed = this.client.query('COMMIT');
    const outcomes = await Promise.allSettled([...last, committed]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    // Postgres answers a COMMIT after an error with ROLLBACK, and calls it a success.
    if ((await committed).command !== 'COMMIT') throw new Error('a statement of the transaction had failed: nothing was committed');
    for (const [at, { committed: tell }] of this.lastStatements.entries()) tell((await (last[at] as Promise<pg.QueryResult>)).rows);
  }

  private async run<Row>(statement: Statement): Promise<Row[]> {
    const [, { rows }] = await Promise.all([this.begun, this.client.query(statement)]);
    return rows as Row[];
  }
}

/** What is sent until the end of this turn leaves in one packet: each costs both sides a system call. */
function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * One round trip for BEGIN and the tenants. A simple query takes no parameters, hence the check of each id.
 * The statements of a group take arrays of any length: planned for each anew, a short one is planned longer than it runs.
 */
function beginFor(tenantIds: readonly string[]): string {
  if (tenantIds.length === 0) return 'BEGIN';
  for (const id of tenantIds) if (!UUID.test(id)) throw new TypeError(`not a tenant id: ${id}`);
  return `BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL halogen.tenants = '{${[...new Set(tenantIds)].join(',')}}'`;
}
