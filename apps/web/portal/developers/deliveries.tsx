import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button, Select, TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { listWebhookDeliveriesInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { replayWebhookDeliveries } from '#sdk/sdk.gen';
import type { WebhookDelivery } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { rowsOfPages } from '#web/parts/api/pages';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Time } from '#web/parts/figures/figures';
import { Filters, Note, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { DELIVERY_STATES, type DeliveryState, DeliveryStateChip, useDeliveryWord } from '#web/portal/developers/delivery-state';
import { EVENT_NAMES } from '#web/portal/developers/event-types';

const DELIVERIES_PER_PAGE = 50;
/** Deliveries change while somebody looks at them. */
const READ_AGAIN_MS = 5_000;
const SINGLE_EVENTS = ['webhook.test', ...EVENT_NAMES.filter((name) => !name.endsWith('.*'))];

/** From and to are days in UTC, the first and the last one shown. */
interface Filter {
  state?: DeliveryState;
  eventType?: string;
  from?: string;
  to?: string;
}

/** What was sent to an endpoint, newest first, and what to send once more. */
export function Deliveries({ endpointId }: { endpointId: string }) {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const word = useDeliveryWord();
  const [isReplaying, setReplaying] = useState(false);
  const filter = filterOf(useSearch({ strict: false }) as Record<string, unknown>);
  const list = useInfiniteQuery({
    ...listWebhookDeliveriesInfiniteOptions({ path: { id: endpointId }, query: { limit: DELIVERIES_PER_PAGE, ...asQuery(filter) } }),
    initialPageParam: { path: { id: endpointId } },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: READ_AGAIN_MS,
  });
  const choose = (change: { [Name in keyof Filter]: string | null | undefined }) =>
    void navigate({
      to: '.',
      search: Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([, value]) => value)) as never,
    });
  const columns: Column<WebhookDelivery>[] = [
    {
      id: 'event',
      header: t`Event`,
      isKey: true,
      cell: ({ id, eventType }) => (
        <Anchor component={Link} to={scope.path(`/developers/webhooks/${endpointId}/${id}`)}>
          {eventType}
        </Anchor>
      ),
    },
    { id: 'state', header: t`State`, widthPx: 150, isKey: true, cell: ({ state }) => <DeliveryStateChip state={state} /> },
    { id: 'attempts', header: t`Attempts`, widthPx: 100, align: 'end', cell: ({ attempts }) => attempts },
    { id: 'answer', header: t`Last answer`, widthPx: 220, cell: ({ lastStatus, lastError }) => lastStatus ?? lastError ?? '–' },
    { id: 'next', header: t`Next attempt`, widthPx: 150, cell: ({ nextAttemptAt }) => (nextAttemptAt ? <Time at={nextAttemptAt} /> : '–') },
    { id: 'created', header: t`Created`, widthPx: 150, isKey: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Part
      title={t`Deliveries`}
      actions={
        scope.may('webhooks:write') && (
          <Button variant="default" onClick={() => setReplaying(true)}>
            <Trans>Replay deliveries</Trans>
          </Button>
        )
      }
    >
      <Filters label={t`Filters`}>
        <Select
          label={t`State`}
          placeholder={t`Any state`}
          clearable
          clearButtonProps={{ 'aria-label': t`Clear state` }}
          data={DELIVERY_STATES.map((value) => ({ value, label: word(value) }))}
          value={filter.state ?? null}
          onChange={(state) => choose({ state })}
        />
        <Select
          label={t`Event`}
          placeholder={t`Any event`}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': t`Clear event` }}
          data={SINGLE_EVENTS}
          value={filter.eventType ?? null}
          onChange={(eventType) => choose({ eventType })}
        />
        <TextInput
          type="date"
          label={t`From (UTC)`}
          value={filter.from ?? ''}
          onChange={({ currentTarget }) => choose({ from: currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t`To (UTC)`}
          value={filter.to ?? ''}
          onChange={({ currentTarget }) => choose({ to: currentTarget.value })}
        />
      </Filters>
      <RowList
        list={list}
        label={t`Deliveries`}
        rows={rowsOfPages(list.data, ({ deliveries }) => deliveries)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          isFiltered ? (
            <Empty
              title={t`No delivery fits these filters`}
              action={
                <Button variant="default" onClick={() => void navigate({ to: '.', search: {} as never })}>
                  <Trans>Clear filters</Trans>
                </Button>
              }
            >
              <Trans>Deliveries are kept for 30 days.</Trans>
            </Empty>
          ) : (
            <Empty title={t`Nothing was sent yet`}>
              <Trans>Send a test event to see a delivery with what was sent and what was answered.</Trans>
            </Empty>
          )
        }
      />
      {isReplaying && <ReplayDialog endpointId={endpointId} filter={filter} close={() => setReplaying(false)} />}
    </Part>
  );
}

function filterOf({ state, eventType, from, to }: Record<string, unknown>): Filter {
  const day = (text: unknown) => (typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined);
  return Object.fromEntries(
    Object.entries({
      state: DELIVERY_STATES.find((one) => one === state),
      eventType: typeof eventType === 'string' ? eventType : undefined,
      from: day(from),
      to: day(to),
    }).filter(([, value]) => value),
  );
}

function asQuery({ from, to, ...filter }: Filter) {
  return { ...filter, ...(from && { from: `${from}T00:00:00Z` }), ...(to && { to: `${to}T23:59:59.999Z` }) };
}

/** On the server, against the filter: the page need not have loaded what it sends. */
function ReplayDialog({ endpointId, filter, close }: { endpointId: string; filter: Filter; close(): void }) {
  const { t } = useLingui();
  const word = useDeliveryWord();
  const [chosen, setChosen] = useState<Filter>({ state: 'given_up', ...filter });
  const [outcome, setOutcome] = useState<{ replayed: number; more: boolean }>();
  const replay = useAct({
    act: async () => (await replayWebhookDeliveries({ path: { id: endpointId }, body: asQuery(chosen), throwOnError: true })).data,
    done: null,
    isInForm: true,
    after: setOutcome,
  });
  const set = (change: { [Name in keyof Filter]: string | null | undefined }) =>
    setChosen(filterOf({ ...chosen, ...change } as Record<string, unknown>));
  return (
    <FormDialog
      opened
      close={close}
      title={t`Replay deliveries`}
      verb={t`Replay deliveries`}
      submit={() => replay.mutate(undefined)}
      isPending={replay.isPending}
      error={replay.error}
    >
      <Note>
        <Trans>Everything that fits is sent once more, the oldest first, with the same webhook-id. At most 10,000 at once.</Trans>
      </Note>
      <Select
        label={t`State`}
        placeholder={t`Any state`}
        clearable
        clearButtonProps={{ 'aria-label': t`Clear state` }}
        data={DELIVERY_STATES.map((value) => ({ value, label: word(value) }))}
        value={chosen.state ?? null}
        onChange={(state) => set({ state })}
      />
      <Select
        label={t`Event`}
        placeholder={t`Any event`}
        clearable
        searchable
        clearButtonProps={{ 'aria-label': t`Clear event` }}
        data={SINGLE_EVENTS}
        value={chosen.eventType ?? null}
        onChange={(eventType) => set({ eventType })}
      />
      <TextInput
        type="date"
        label={t`Since (UTC)`}
        value={chosen.from ?? ''}
        onChange={({ currentTarget }) => set({ from: currentTarget.value })}
      />
      <TextInput
        type="date"
        label={t`Until (UTC)`}
        value={chosen.to ?? ''}
        onChange={({ currentTarget }) => set({ to: currentTarget.value })}
      />
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
