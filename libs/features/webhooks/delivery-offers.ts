import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Queue } from 'bullmq';
import { DELIVERIES_QUEUE, type DeliveryJob } from '#contracts/queues/deliveries';
import { JobOffers } from '#platform/queue/job-offers';

/** Tells the workers of deliveries that may be due. Whether they are is looked up at the attempt. */
@Injectable()
export class DeliveryOffers implements OnModuleDestroy {
  private readonly offers: JobOffers<DeliveryJob>;

  constructor(@InjectQueue(DELIVERIES_QUEUE) queue: Queue<DeliveryJob>) {
    this.offers = new JobOffers(queue, 'attempt');
  }

  offer(deliveries: readonly DeliveryJob[]): void {
    for (const delivery of deliveries) this.offers.offer(delivery.deliveryId, delivery);
  }

  async onModuleDestroy(): Promise<void> {
    await this.offers.close();
  }
}
