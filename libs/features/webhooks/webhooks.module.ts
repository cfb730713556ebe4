import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { DELIVERIES_QUEUE } from '#contracts/queues/deliveries';
import { CallbackRelay } from '#features/webhooks/callback-relay';
import { Deliverer } from '#features/webhooks/deliverer';
import { DeliveriesService } from '#features/webhooks/deliveries.service';
import { DeliveryProcessor } from '#features/webhooks/delivery.processor';
import { DeliveryOffers } from '#features/webhooks/delivery-offers';
import { DeliveryPruning } from '#features/webhooks/delivery-pruning';
import { DeliverySweep } from '#features/webhooks/delivery-sweep';
import { EndpointHealth } from '#features/webhooks/endpoint-health';
import { EventRelay } from '#features/webhooks/event-relay';
import { SecretEncryption } from '#features/webhooks/secret-encryption';
import { WebhookDispatcher } from '#features/webhooks/webhook-dispatcher';
import { WebhookPruning } from '#features/webhooks/webhook-pruning';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '#features/webhooks/webhook-settings';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** The delivery engine. Expects HotPool and Notifications of `halogen_control`, OutboundClient, SignedUrls and QueueModule from its app. */
@Module({})
export class WebhooksModule {
  static with(settings: WebhookSettings, keys: EncryptionKeys): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [BullModule.registerQueue({ name: DELIVERIES_QUEUE })],
      providers: [
        DeliveriesService,
        DeliveryOffers,
        Deliverer,
        CallbackRelay,
        DeliveryProcessor,
        DeliverySweep,
        DeliveryPruning,
        { provide: WEBHOOK_SETTINGS, useValue: settings },
        { provide: EncryptionKeys, useValue: keys },
        EndpointHealth,
        WebhookDispatcher,
        EventRelay,
        WebhookPruning,
        SecretEncryption,
      ],
    };
  }
}
