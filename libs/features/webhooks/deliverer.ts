import { Inject, Injectable } from '@nestjs/common';
import type { DeliveryJob } from '#contracts/queues/deliveries';
import { type AttemptResult, afterCallback, CALLBACK_TIMEOUT_MS } from '#core/webhooks/callback-schedule';
import { callbackBody } from '#features/webhooks/callback-body';
import { DeliveriesService } from '#features/webhooks/deliveries.service';
import { BEGIN_WITHIN_MS, type ClaimedDelivery } from '#features/webhooks/delivery-groups';
import { DeliveryOffers } from '#features/webhooks/delivery-offers';
import { OriginSlots, originOf } from '#features/webhooks/origin-slots';
import { OutboundClient } from '#platform/http/outbound/outbound-client';
import { SignedUrls } from '#platform/storage/signed-urls';
import { inSpan } from '#platform/telemetry/spans';

/** Makes one attempt of one delivery: claim, call, record. Killed anywhere in between, the claim runs out and the attempt is made again. */
@Injectable()
export class Deliverer {
  private readonly slots = new OriginSlots();

  constructor(
    @Inject(DeliveriesService) private readonly deliveries: DeliveriesService,
    @Inject(DeliveryOffers) private readonly offers: DeliveryOffers,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
    @Inject(SignedUrls) private readonly signedUrls: SignedUrls,
  ) {}

  /** @returns after how many milliseconds this delivery is to be looked at again, if it is */
  async attempt(job: DeliveryJob): Promise<number | undefined> {
    const claimedAtMs = performance.now();
    const delivery = await this.deliveries.claim(job);
    if (!delivery) return this.deliveries.dueInMs(job);

    const slot = this.slots.take(originOf(delivery.url), performance.now());
    if ('againInMs' in slot) return this.putOff(delivery, slot.againInMs);
    try {
      // A process that was stopped in between may have lost its claim: a call now could overtake a newer state.
      if (performance.now() - claimedAtMs > BEGIN_WITHIN_MS) return await this.putOff(delivery, 0);
      return await this.callAndRecord(delivery);
    } finally {
      slot.release(performance.now());
    }
  }

  private async callAndRecord(delivery: ClaimedDelivery): Promise<number | undefined> {
    const result = await this.call(delivery);
    const after = afterCallback(delivery.attempts + 1, result);
    const next = await this.deliveries.recordAttempt(delivery, result, after);
    if (next) this.offers.offer([next]);
    return after.state === 'pending' ? after.retryAfterMs : undefined;
  }

  private call(delivery: ClaimedDelivery): Promise<AttemptResult> {
    const attributes = { 'halogen.delivery.id': delivery.id, 'halogen.delivery.attempt': delivery.attempts + 1 };
    return inSpan(`callback ${delivery.event}`, { parent: delivery.traceparent, attributes }, async () => {
      const answer = await this.outbound.post({
        url: delivery.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Halogen/1',
          // The same at every attempt, so that a receiver can tell a repeat.
          'x-halogen-delivery-id': delivery.id,
        },
        body: JSON.stringify(callbackBody(delivery, (key) => this.signedUrls.assetUrl(key))),
        timeoutMs: CALLBACK_TIMEOUT_MS,
      });
      return answer.kind === 'answered' ? { status: answer.status } : { error: `${answer.reason}: ${answer.detail}` };
    });
  }

  private async putOff(delivery: ClaimedDelivery, waitMs: number): Promise<number> {
    await this.deliveries.putOff(delivery, waitMs);
    return waitMs;
  }
}
