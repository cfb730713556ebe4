import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { listWebhookDeliveriesInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { WebhookDelivery } from '#sdk/types.gen';
import { rowsOfPages } from '#web/parts/api/pages';
import { Time } from '#web/parts/figures/figures';
import { NothingFits } from '#web/parts/filter/nothing-fits';
import { useFilter } from '#web/parts/filter/use-filter';
import { Filters, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { asQuery, DeliveryFilterFields, deliveryFilterOf } from '#web/portal/developers/delivery-filter';
import { DeliveryStateChip, NextAttempt } from '#web/portal/developers/delivery-state';
import { ReplayDialog } from '#web/portal/developers/replay-dialog';

const DELIVERIES_PER_PAGE = 50;
/** Deliveries change while somebody looks at them. */
const READ_AGAIN_MS = 5_000;

/** What was sent to an endpoint, newest first, and what to send once more. */
export function Deliveries({ endpointId }: { endpointId: string }) {
  const { t } = useLingui();
  const scope = useScope();
  const [isReplaying, setReplaying] = useState(false);
  const { filter, isFiltered, choose, clear } = useFilter(deliveryFilterOf);
  const list = useInfiniteQuery({
    ...listWebhookDeliveriesInfiniteOptions({ path: { id: endpointId }, query: { limit: DELIVERIES_PER_PAGE, ...asQuery(filter) } }),
    initialPageParam: { path: { id: endpointId } },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: READ_AGAIN_MS,
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
    {
      id: 'next',
      header: t`Next attempt`,
      widthPx: 150,
      cell: ({ nextAttemptAt }) => (nextAttemptAt ? <NextAttempt at={nextAttemptAt} /> : '–'),
    },
    { id: 'created', header: t`Created`, widthPx: 150, isKey: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
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
        <DeliveryFilterFields filter={filter} choose={choose} />
      </Filters>
      <RowList
        list={list}
        label={t`Deliveries`}
        rows={rowsOfPages(list.data, ({ deliveries }) => deliveries)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          isFiltered ? (
            <NothingFits title={t`No delivery fits these filters`} clear={clear}>
              <Trans>Deliveries are kept for 30 days.</Trans>
            </NothingFits>
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
