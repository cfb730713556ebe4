import { Inject, Injectable } from '@nestjs/common';
import { DeliveriesService } from '#features/webhooks/deliveries.service';
import { DeliveryOffers } from '#features/webhooks/delivery-offers';
import { Sweep } from '#platform/outbox/sweep';

const SWEEP_EVERY_MS = 1_000;
const MAX_OFFERS = 1_000;

/** Offers again what is overdue, whoever lost it: a killed worker, a flushed Redis, a wait too long for Redis. */
@Injectable()
export class DeliverySweep extends Sweep {
  constructor(
    @Inject(DeliveriesService) private readonly deliveries: DeliveriesService,
    @Inject(DeliveryOffers) private readonly offers: DeliveryOffers,
  ) {
    super({ name: 'delivery sweep', everyMs: SWEEP_EVERY_MS });
  }

  async sweep(): Promise<void> {
    this.offers.offer(await this.deliveries.overdue(MAX_OFFERS));
  }
}
