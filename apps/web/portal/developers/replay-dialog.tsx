import { Trans, useLingui } from '@lingui/react/macro';
import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { replayWebhookDeliveries } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { DayFields, instantsOf } from '#web/parts/filter/days';
import type { Change } from '#web/parts/filter/use-filter';
import { Note } from '#web/parts/panel/panel';
import { asQuery, type DeliveryFilter, DeliveryFilterFields, deliveryFilterOf } from '#web/portal/developers/delivery-filter';

/** Sends what fits once more: on the server, against the filter, so that the page need not have loaded what it sends. */
export function ReplayDialog({ endpointId, filter, close }: { endpointId: string; filter: DeliveryFilter; close(): void }) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState<DeliveryFilter>({ state: 'given_up', ...filter });
  const [isMissing, setMissing] = useState(false);
  const choose = (change: Change<DeliveryFilter>) => setChosen(deliveryFilterOf({ ...chosen, ...change }));
  const [outcome, setOutcome] = useState<{ replayed: number; more: boolean }>();
  const replay = useAct({
    act: async () => {
      const body = isMissing ? { ...instantsOf(chosen), missing: true } : asQuery(chosen);
      return (await replayWebhookDeliveries({ path: { id: endpointId }, body, throwOnError: true })).data;
    },
    done: null,
    isInForm: true,
    after: setOutcome,
  });
  return (
    <FormDialog close={close} title={t`Replay deliveries`} verb={t`Replay deliveries`} act={replay}>
      <Note>
        <Trans>Everything that fits is sent once more, the oldest first, with the same webhook-id. At most 10,000 at once.</Trans>
      </Note>
      <Checkbox
        label={t`All that is missing: never delivered, given up, or not sent at all`}
        checked={isMissing}
        onChange={({ currentTarget }) => setMissing(currentTarget.checked)}
      />
      {isMissing ? <DayFields days={chosen} choose={choose} /> : <DeliveryFilterFields filter={chosen} choose={choose} />}
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
