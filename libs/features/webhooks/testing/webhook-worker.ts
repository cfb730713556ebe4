import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebhooksModule } from '#features/webhooks/webhooks.module';
import { HotPool } from '#platform/database/hot-pool';
import { Notifications } from '#platform/database/notifications';
import type { EncryptionKeys } from '#platform/encryption/encryption-keys';
import { OutboundModule } from '#platform/http/outbound/outbound.module';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { StorageModule } from '#platform/storage/storage.module';

export const URL_SIGNING = { publicOrigin: 'http://api.test', secret: 'test-secret-test-secret-test-secret' };

export interface WebhookWorkerOptions {
  controlUrl: string;
  storageFolder: string;
  keys: EncryptionKeys;
  /** Networks that may be called though they are private. */
  allow?: string;
  /** How many times faster than the clock the schedule of attempts goes. */
  timeScale?: number;
}

/** What the background worker does of webhooks and callbacks, in this process. */
export function startWebhookWorker(options: WebhookWorkerOptions): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(workerModule(options), { logger: ['error'] });
}

function workerModule({ controlUrl, storageFolder, keys, allow = '127.0.0.0/8', timeScale = 1 }: WebhookWorkerOptions): DynamicModule {
  const pool = new HotPool({ url: controlUrl, applicationName: 'test-worker', maxConnections: 4 });
  const notifications = new Notifications(controlUrl, 'test-worker');
  const providers = [
    { provide: HotPool, useValue: pool },
    { provide: Notifications, useValue: notifications },
  ];
  @Module({})
  class Database {}
  @Module({})
  class Worker {
    async onApplicationShutdown(): Promise<void> {
      await notifications.close();
      await pool.close().catch(() => {}); // a test may have closed it
    }
  }
  return {
    module: Worker,
    imports: [
      { module: Database, global: true, providers, exports: [HotPool, Notifications] },
      StorageModule.for({ HALOGEN_STORAGE_DIR: storageFolder }, URL_SIGNING),
      OutboundModule.with(parseOutboundSettings({ allow })),
      WebhooksModule.with({ timeScale }, keys),
    ],
  };
}
