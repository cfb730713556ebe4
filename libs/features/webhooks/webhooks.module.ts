import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { DELIVERIES_QUEUE } from '#contracts/queues/deliveries';
import { CallbackRelay } from '#features/webhooks/callback-relay';
import { Deliverer } from '#features/webhooks/deliverer';
import { DeliveriesService } from '#features/webhooks/deliveries.service';
import { DeliveryProcessor } from '#features/webhooks/delivery.processor';
import { DeliveryOffers } from '#features/webhooks/delivery-offers';
import { DeliverySweep } from '#features/webhooks/delivery-sweep';

/** The delivery engine. Expects HotPool and Notifications of `halogen_control`, OutboundClient, SignedUrls and QueueModule from its app. */
@Module({
  imports: [BullModule.registerQueue({ name: DELIVERIES_QUEUE })],
  providers: [DeliveriesService, DeliveryOffers, Deliverer, CallbackRelay, DeliveryProcessor, DeliverySweep],
})
export class WebhooksModule {}
