import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { replayWebhookDeliveries } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Note } from '#web/parts/panel/panel';
import { asQuery, type DeliveryFilter, DeliveryFilterFields, deliveryFilterOf } from '#web/portal/developers/delivery-filter';

/** Sends what fits once more: on the server, against the filter, so that the page need not have loaded what it sends. */
export function ReplayDialog({ endpointId, filter, close }: { endpointId: string; filter: DeliveryFilter; close(): void }) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState<DeliveryFilter>({ state: 'given_up', ...filter });
  const [outcome, setOutcome] = useState<{ replayed: number; more: boolean }>();
  const replay = useAct({
    act: async () => (await replayWebhookDeliveries({ path: { id: endpointId }, body: asQuery(chosen), throwOnError: true })).data,
    done: null,
    isInForm: true,
    after: setOutcome,
  });
  return (
    <FormDialog close={close} title={t`Replay deliveries`} verb={t`Replay deliveries`} act={replay}>
      <Note>
        <Trans>Everything that fits is sent once more, the oldest first, with the same webhook-id. At most 10,000 at once.</Trans>
      </Note>
      <DeliveryFilterFields filter={chosen} choose={(change) => setChosen(deliveryFilterOf({ ...chosen, ...change }))} />
      {outcome && (
        <p role="status">
          {outcome.more ? (
            <Trans>{outcome.replayed} are being sent. There are more: replay again.</Trans>
          ) : (
            <Trans>{outcome.replayed} are being sent. These were all.</Trans>
          )}
        </p>
      )}
    </FormDialog>
  );
}
