import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { FINISHED_DELIVERIES_KEPT_DAYS } from '#core/webhooks/limits';
import { DeliveriesService } from '#features/webhooks/deliveries.service';
import { DeliveryOffers } from '#features/webhooks/delivery-offers';
import { WakeLoop } from '#platform/outbox/wake-loop';

const SWEEP_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
const MAX_OFFERS = 1_000;
const MAX_PRUNED_AT_ONCE = 5_000;

/** Offers again what is overdue, whoever lost it: a killed worker, a flushed Redis, a wait too long for Redis. Forgets what is old. */
@Injectable()
export class DeliverySweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweep = new WakeLoop({ name: 'delivery sweep', everyMs: SWEEP_EVERY_MS, run: () => this.offerOverdue() });
  private readonly pruning = new WakeLoop({ name: 'delivery pruning', everyMs: PRUNE_EVERY_MS, run: () => this.prune() });

  constructor(
    @Inject(DeliveriesService) private readonly deliveries: DeliveriesService,
    @Inject(DeliveryOffers) private readonly offers: DeliveryOffers,
  ) {}

  onApplicationBootstrap(): void {
    this.sweep.start();
    this.pruning.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.sweep.stop(), this.pruning.stop()]);
  }

  private async offerOverdue(): Promise<void> {
    this.offers.offer(await this.deliveries.overdue(MAX_OFFERS));
  }

  private async prune(): Promise<void> {
    while (!this.pruning.isStopped) {
      const pruned = await this.deliveries.prune(FINISHED_DELIVERIES_KEPT_DAYS, MAX_PRUNED_AT_ONCE);
      if (pruned < MAX_PRUNED_AT_ONCE) return;
    }
  }
}
