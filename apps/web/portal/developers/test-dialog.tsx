import { Trans, useLingui } from '@lingui/react/macro';
import { Select } from '@mantine/core';
import { useState } from 'react';
import { testWebhookEndpoint } from '#sdk/sdk.gen';
import type { TestWebhookEndpointData } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Note } from '#web/parts/panel/panel';
import { useEventNames } from '#web/portal/developers/event-types';

type TestedType = NonNullable<TestWebhookEndpointData['body']>['eventType'];

/** Sends a sample of any event, whatever the endpoint asks for. */
export function TestDialog({ endpointId, close }: { endpointId: string; close(): void }) {
  const { t } = useLingui();
  const { names } = useEventNames();
  const [eventType, setType] = useState('webhook.test');
  const test = useAct({
    act: () => testWebhookEndpoint({ path: { id: endpointId }, body: { eventType: eventType as TestedType }, throwOnError: true }),
    done: t`Sent a test event`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Send test event`} verb={t`Send test event`} act={test}>
      <Note>
        <Trans>A sample is sent and signed like a real one, whatever events the endpoint asks for.</Trans>
      </Note>
      <Select
        label={t`Event`}
        data={names}
        searchable
        allowDeselect={false}
        value={eventType}
        onChange={(value) => value && setType(value)}
      />
    </FormDialog>
  );
}
