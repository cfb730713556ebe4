import pg from 'pg';
import { v7 as newId } from 'uuid';
import type { BenchTenant } from '#bench/ledger/tenants';

/**
 * What one would write first, done well: one function a reserve, one round trip, the hot rows last, so that they are locked for as short
 * as can be. Like ours it writes a transfer and two balances; unlike ours it runs as the owner, without row-level security.
 */
const RESERVE_FUNCTION = `
  CREATE FUNCTION bench_reserve(tenant uuid, generation uuid, available uuid, reserved uuid, amount bigint) RETURNS boolean
  LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO transfers (tenant_id, generation_id, debit_account_id, credit_account_id, amount_micro, code)
    VALUES (tenant, generation, available, reserved, amount, 'reserve');
    UPDATE accounts SET balance_micro = balance_micro + amount WHERE tenant_id = tenant AND id = reserved;
    UPDATE accounts SET balance_micro = balance_micro - amount WHERE tenant_id = tenant AND id = available AND balance_micro >= amount;
    IF NOT FOUND THEN RAISE EXCEPTION 'insufficient credits'; END IF;
    RETURN true;
  END
  $$`;

/** Reserves one by one, each in a transaction of its own over a pool of connections. */
export class OneByOne implements AsyncDisposable {
  private constructor(private readonly pool: pg.Pool) {}

  static async over(ownerUrl: string, connections: number): Promise<OneByOne> {
    const pool = new pg.Pool({ connectionString: ownerUrl, max: connections });
    pool.on('error', () => {}); // of connections that were closing when their database was dropped
    await pool.query(RESERVE_FUNCTION);
    return new OneByOne(pool);
  }

  async reserve({ tenantId, availableAccountId, reservedAccountId }: BenchTenant, priceMicro: bigint): Promise<void> {
    const values = [tenantId, newId(), availableAccountId, reservedAccountId, priceMicro];
    await this.pool.query({ name: 'reserve', text: 'SELECT bench_reserve($1, $2, $3, $4, $5)', values });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end();
  }
}
