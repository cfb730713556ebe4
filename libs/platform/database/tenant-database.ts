import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { databaseFailure } from '#platform/database/failures';
import { inSpan } from '#platform/telemetry/spans';

/** Everyday reads and writes through TypeORM, always inside a transaction that sees some tenants only. */
@Injectable()
export class TenantDatabase {
  constructor(private readonly source: DataSource) {}

  /** @throws DatabaseUnavailable when the server cannot be reached */
  async transaction<T>(name: string, tenantIds: readonly string[], work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return inSpan(`sql ${name}`, { attributes: { 'db.system.name': 'postgresql' } }, async () => {
      try {
        return await this.source.transaction(async (tx) => {
          await tx.query(`SELECT set_config('halogen.tenants', $1, true)`, [`{${tenantIds.join(',')}}`]);
          return work(tx);
        });
      } catch (error) {
        throw databaseFailure(error).error;
      }
    });
  }
}
