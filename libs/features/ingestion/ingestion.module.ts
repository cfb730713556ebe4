import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { STAGING_TABLE } from '#features/generations/batch-rows.service';
import { BatchWorker, MAX_BATCHES_AT_ONCE } from '#features/ingestion/batch-worker';
import { LoaderPool } from '#platform/database/loader-pool';

/** What works on batches. Expects HotPool and Notifications of `halogen_control` and ObjectStorage from its app. */
@Module({})
export class IngestionModule implements OnApplicationShutdown {
  constructor(@Inject(LoaderPool) private readonly pool: LoaderPool) {}

  /** @param loaderUrl of the role `halogen_loader` */
  static with(loaderUrl: string): DynamicModule {
    return {
      module: IngestionModule,
      providers: [{ provide: LoaderPool, useFactory: () => loaderPool(loaderUrl) }, BatchWorker],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}

export function loaderPool(url: string): LoaderPool {
  // Two chunks of a batch are on their way at once.
  return new LoaderPool({ url, applicationName: 'halogen-loader', maxConnections: 2 * MAX_BATCHES_AT_ONCE, prepare: STAGING_TABLE });
}
