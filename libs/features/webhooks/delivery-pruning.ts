import { Inject, Injectable } from '@nestjs/common';
import { FINISHED_DELIVERIES_KEPT_DAYS } from '#core/webhooks/limits';
import { DeliveriesService } from '#features/webhooks/deliveries.service';
import { Sweep } from '#platform/outbox/sweep';

const PRUNE_EVERY_MS = 3_600_000;
const MAX_PRUNED_AT_ONCE = 5_000;

/** Forgets callbacks that ended long ago. */
@Injectable()
export class DeliveryPruning extends Sweep {
  constructor(@Inject(DeliveriesService) private readonly deliveries: DeliveriesService) {
    super({ name: 'delivery pruning', everyMs: PRUNE_EVERY_MS });
  }

  async sweep(): Promise<void> {
    while (!this.isStopping) {
      const pruned = await this.deliveries.prune(FINISHED_DELIVERIES_KEPT_DAYS, MAX_PRUNED_AT_ONCE);
      if (pruned < MAX_PRUNED_AT_ONCE) return;
    }
  }
}
