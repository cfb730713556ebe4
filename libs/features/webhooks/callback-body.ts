import { type DreamMachineGeneration, dreamMachineGeneration } from '#contracts/dream-machine/generation';
import { stateAtEvent } from '#core/webhooks/callback-event';
import type { ClaimedCallback } from '#features/webhooks/claim-callbacks';

/** The generation as it was at the event: a late `dreaming` neither shows assets nor an end. */
export function callbackBody(delivery: ClaimedCallback, assetUrl: (key: string) => string): DreamMachineGeneration {
  return dreamMachineGeneration(
    {
      id: delivery.generation_id,
      kind: delivery.kind,
      model: delivery.model,
      state: stateAtEvent(delivery.event, delivery.state),
      everBegan: true,
      failureReason: delivery.failure_reason,
      createdAt: delivery.created_at,
      request: delivery.request,
      assets: delivery.assets,
    },
    assetUrl,
  );
}
