import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';

const APPLICATION_NAME = 'halogen-background-worker';
/** Attempts use a connection for a moment each, so far fewer than there are attempts suffice. */
const MAX_CONNECTIONS = 8;

/** Postgres as `halogen_control`, and its notifications. Closed in the last phase of a shutdown: what uses it stops in an earlier one. */
@Module({})
export class ControlDatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(HotPool) private readonly pool: HotPool,
    @Inject(Notifications) private readonly notifications: Notifications,
  ) {}

  static at(url: string): DynamicModule {
    return {
      module: ControlDatabaseModule,
      global: true,
      providers: [
        {
          provide: HotPool,
          useFactory: () => new HotPool({ url, applicationName: APPLICATION_NAME, maxConnections: MAX_CONNECTIONS }),
        },
        { provide: Notifications, useFactory: () => new Notifications(url, APPLICATION_NAME) },
      ],
      exports: [HotPool, Notifications],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.notifications.close(), this.pool.close()]);
  }
}
