import { type DynamicModule, Module } from '@nestjs/common';
import { CallbackDispatcher } from '#features/webhooks/callback-dispatcher';
import { CallbackRelay } from '#features/webhooks/callback-relay';
import { DeliveryPruning } from '#features/webhooks/delivery-pruning';
import { EndpointHealth } from '#features/webhooks/endpoint-health';
import { EventRelay } from '#features/webhooks/event-relay';
import { SecretEncryption } from '#features/webhooks/secret-encryption';
import { WebhookDispatcher } from '#features/webhooks/webhook-dispatcher';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '#features/webhooks/webhook-settings';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** The delivery engine. Expects HotPool and Notifications of `halogen_control`, OutboundClient and SignedUrls from its app. */
@Module({})
export class WebhooksModule {
  static with(settings: WebhookSettings, keys: EncryptionKeys): DynamicModule {
    return {
      module: WebhooksModule,
      providers: [
        CallbackDispatcher,
        CallbackRelay,
        { provide: WEBHOOK_SETTINGS, useValue: settings },
        { provide: EncryptionKeys, useValue: keys },
        EndpointHealth,
        WebhookDispatcher,
        EventRelay,
        DeliveryPruning,
        SecretEncryption,
      ],
    };
  }
}
