import { useLingui } from '@lingui/react/macro';
import { Checkbox, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import type { WebhookEndpoint } from '#sdk/types.gen';
import { EVENT_NAMES, type EventName } from '#web/portal/developers/event-types';

const MAX_PER_SECOND = 1_000;

/** What may be said of an endpoint. */
export interface EndpointDraft {
  url: string;
  description: string;
  /** Empty: all. */
  eventTypes: string[];
  maxPerSecond: number | null;
  fifo: boolean;
}

export const NEW_ENDPOINT: EndpointDraft = { url: '', description: '', eventTypes: [], maxPerSecond: null, fifo: false };

export function draftOf({ url, description, eventTypes, maxPerSecond, fifo }: WebhookEndpoint): EndpointDraft {
  return { url, description: description ?? '', eventTypes: eventTypes ?? [], maxPerSecond, fifo };
}

/** As the API wants it: nothing chosen means all, also what is still to come. */
export function settingsOf({ url, description, eventTypes, maxPerSecond, fifo }: EndpointDraft) {
  return {
    url: url.trim(),
    description: description.trim() || null,
    eventTypes: eventTypes.length > 0 ? (eventTypes as EventName[]) : null,
    maxPerSecond,
    fifo,
  };
}

export function EndpointFields({ draft, change }: { draft: EndpointDraft; change(draft: EndpointDraft): void }) {
  const { t } = useLingui();
  return (
    <>
      <TextInput
        label="URL"
        type="url"
        required
        data-autofocus
        placeholder="https://example.com/webhooks/halogen"
        value={draft.url}
        onChange={({ currentTarget }) => change({ ...draft, url: currentTarget.value })}
      />
      <TextInput
        label={t`Description`}
        maxLength={500}
        value={draft.description}
        onChange={({ currentTarget }) => change({ ...draft, description: currentTarget.value })}
      />
      <MultiSelect
        label={t`Events`}
        description={t`All, also those to come, if none is chosen.`}
        data={EVENT_NAMES}
        searchable
        value={draft.eventTypes}
        onChange={(eventTypes) => change({ ...draft, eventTypes })}
      />
      <NumberInput
        label={t`Deliveries a second at most`}
        description={t`As fast as it answers, if left empty.`}
        min={1}
        max={MAX_PER_SECOND}
        allowDecimal={false}
        hideControls
        value={draft.maxPerSecond ?? ''}
        onChange={(value) => change({ ...draft, maxPerSecond: value === '' ? null : Number(value) })}
      />
      <Checkbox
        label={t`One at a time, in order: a failing delivery holds back those after it`}
        checked={draft.fifo}
        onChange={({ currentTarget }) => change({ ...draft, fifo: currentTarget.checked })}
      />
    </>
  );
}
