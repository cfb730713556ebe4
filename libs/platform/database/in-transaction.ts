import type pg from 'pg';
import { databaseFailure } from '#platform/database/failures';
import { inSpan } from '#platform/telemetry/spans';

/**
 * Lends a connection to `work`, which begins and commits on it; any throw rolls back and is rethrown. A connection that broke is not used again.
 * @throws DatabaseUnavailable when the server cannot be reached or ended the connection. The commit may then still have happened.
 */
export async function inTransaction<T>(pool: pg.Pool, name: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return inSpan(`sql ${name}`, { attributes: { 'db.system.name': 'postgresql' } }, async () => {
    const client = await connect(pool);
    let broken: Error | undefined;
    const noteBroken = (error: Error) => {
      broken = error;
    };
    client.on('error', noteBroken);
    try {
      return await work(client);
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure.unavailable) broken ??= failure.error;
      else await client.query('ROLLBACK').catch(noteBroken);
      throw failure.error;
    } finally {
      client.off('error', noteBroken);
      client.release(broken);
    }
  });
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw databaseFailure(error).error;
  }
}
