import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import { TenantDatabase } from '#platform/database/tenant-database';

export interface DatabaseOptions {
  url: string;
  applicationName: string;
  hotConnections: number;
  /** See `HotPoolSettings`. */
  looksUpByKey?: boolean;
  /** Given only by a process that reads through TypeORM. */
  entities?: Type[];
}

const EVERYDAY_CONNECTIONS = 20;

/** Postgres for one process: the hot pool and its notifications, and TypeORM where there are entities. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
  ) {}

  static with({ url, applicationName, hotConnections, looksUpByKey, entities }: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: entities ? [typeOrm(url, applicationName, entities)] : [],
      providers: [
        { provide: HotPool, useFactory: () => new HotPool({ url, applicationName, maxConnections: hotConnections, looksUpByKey }) },
        { provide: Notifications, useFactory: () => new Notifications(url, `${applicationName}-listen`) },
        ...(entities ? [TenantDatabase] : []),
      ],
      exports: [HotPool, Notifications, ...(entities ? [TenantDatabase] : [])],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.notifications.close();
    await this.pool.close();
  }
}

function typeOrm(url: string, applicationName: string, entities: Type[]) {
  return TypeOrmModule.forRoot({
    type: 'postgres',
    url,
    applicationName,
    entities,
    poolSize: EVERYDAY_CONNECTIONS,
    extra: { connectionTimeoutMillis: 2_000, statement_timeout: 30_000, keepAlive: true },
    // A process that starts while Postgres is away waits for it: it is alive, and not ready.
    retryAttempts: Number.MAX_SAFE_INTEGER,
    retryDelay: 1_000,
    poolErrorHandler: () => {},
  });
}
