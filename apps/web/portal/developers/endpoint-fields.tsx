import { useLingui } from '@lingui/react/macro';
import { Checkbox, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import type { WebhookEndpoint } from '#sdk/types.gen';
import { clearButton } from '#web/parts/filter/clear-button';
import { type EventName, useEventNames } from '#web/portal/developers/event-types';
import { useProjects } from '#web/portal/organization/use-projects';

const MAX_PER_SECOND = 1_000;

/** What may be said of an endpoint. */
export interface EndpointDraft {
  url: string;
  description: string;
  /** Of a new one; null: of all projects, and of none. */
  projectId: string | null;
  /** Empty: all. */
  eventTypes: string[];
  maxPerSecond: number | null;
  fifo: boolean;
}

export const NEW_ENDPOINT: EndpointDraft = { url: '', description: '', projectId: null, eventTypes: [], maxPerSecond: null, fifo: false };

export function draftOf({ url, description, projectId, eventTypes, maxPerSecond, fifo }: WebhookEndpoint): EndpointDraft {
  return { url, description: description ?? '', projectId, eventTypes: eventTypes ?? [], maxPerSecond, fifo };
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

interface EndpointFieldsProps {
  draft: EndpointDraft;
  change(draft: EndpointDraft): void;
  /** Which project an endpoint is for is said once, when it is added. */
  isNew?: boolean;
}

export function EndpointFields({ draft, change, isNew = false }: EndpointFieldsProps) {
  const { t } = useLingui();
  const projects = useProjects();
  const { names, families } = useEventNames();
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
      {isNew && (
        <Select
          label={t`Project`}
          description={t`Only its events. It stays with the endpoint.`}
          placeholder={t`Any project`}
          {...clearButton(t`Clear project`)}
          data={projects.filter(({ archivedAt }) => archivedAt === null).map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.projectId}
          onChange={(projectId) => change({ ...draft, projectId })}
        />
      )}
      <MultiSelect
        label={t`Events`}
        description={t`All, also those to come, if none is chosen.`}
        data={[...families, ...names]}
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
