import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { getCapacityOptions, getLaneUseOptions, listGuaranteeMonthsOptions } from '#sdk/@tanstack/react-query.gen';
import type { Capacity, ListGuaranteeMonthsResponse } from '#sdk/types.gen';
import { Chip } from '#web/parts/chip/state-chip';
import { Credits } from '#web/parts/figures/figures';
import { Figures, Filters, Note, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { CapacitySections } from '#web/portal/capacity/capacity-sections';
import { LentUnits } from '#web/portal/capacity/lent-units';
import { UseChart } from '#web/portal/capacity/use-chart';

/** How often what is in use now is read again. */
const NOW_EVERY_MS = 3_000;
const USE_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Of what is known by the minute, the API tells a day at most. */
const MAX_MINUTES = 1_440;
const SPANS_H = { '1h': 1, '1d': 24, '14d': 336 } as const;
type Span = keyof typeof SPANS_H;

type OfTenant = Capacity['tenants'][number];
type Month = ListGuaranteeMonthsResponse['months'][number];

/** Units in use, lent and recalled, over time, and how the guarantee was kept. */
export function CapacityPage() {
  const { t } = useLingui();
  const scope = useScope();
  const now = useQuery({ ...getCapacityOptions(), refetchInterval: NOW_EVERY_MS });
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const rows = now.data?.tenants ?? [];
  const own = rows.find(({ tenantId }) => tenantId === scope.tenantId);
  const classes = [...new Set(rows.map(({ poolClass }) => poolClass))];
  const poolClass = classes.find((one) => one === search.pool) ?? own?.poolClass ?? classes[0];
  const columns: Column<OfTenant>[] = [
    { id: 'tenant', header: t`Whose`, isKey: true, cell: ({ name }) => name },
    { id: 'pool', header: t`Pool class`, widthPx: 160, cell: (row) => row.poolClass },
    { id: 'units', header: t`Units guaranteed`, widthPx: 160, align: 'end', isKey: true, cell: ({ guaranteedUnits }) => guaranteedUnits },
    { id: 'used', header: t`Units in use`, widthPx: 140, align: 'end', isKey: true, cell: ({ unitsInUse }) => unitsInUse },
    {
      id: 'idle',
      header: t`Idle or lent`,
      widthPx: 130,
      align: 'end',
      cell: ({ guaranteedUnits, unitsInUse }) => guaranteedUnits - unitsInUse,
    },
    { id: 'other', header: t`Borrowed or shared lanes`, widthPx: 190, align: 'end', cell: ({ otherLanesInUse }) => otherLanesInUse },
  ];
  return (
    <Page
      title={t`Capacity`}
      actions={
        scope.may('capacity:write') && (
          <Button component={Link} to={scope.path('/capacity/commitments')} search={{ order: 'new' } as never}>
            <Trans>Order units</Trans>
          </Button>
        )
      }
    >
      <CapacitySections />
      <Part title={t`Now`}>
        <RowList
          list={{ ...now, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => {} }}
          label={t`Units now`}
          rows={rows}
          columns={columns}
          rowId={({ tenantId, poolClass: pool }) => `${tenantId}/${pool}`}
          empty={
            <Empty title={t`No units, and nothing runs`}>
              <Trans>A unit is one lane that is yours at any moment of a commitment. Without units, work runs on shared lanes.</Trans>
            </Empty>
          }
        />
      </Part>
      {poolClass && <Use poolClass={poolClass} classes={classes} />}
      <Guarantee />
    </Page>
  );
}

/** Lanes in use by kind: means over each step. */
function Use({ poolClass, classes }: { poolClass: string; classes: readonly string[] }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const span: Span = Object.hasOwn(SPANS_H, String(search.span)) ? (search.span as Span) : '1h';
  const [readAt, setReadAt] = useState(() => Date.now());
  const query = { poolClass, from: new Date(readAt - SPANS_H[span] * HOUR_MS).toISOString(), ...(span === '1h' && { stepS: 60 }) };
  const use = useQuery({ ...getLaneUseOptions({ query }), placeholderData: keepPreviousData });
  const words: Record<Span, string> = { '1h': t`1 hour`, '1d': t`1 day`, '14d': t`14 days` };
  const choose = (change: Record<string, string>) => void navigate({ to: '.', search: { ...search, ...change } as never, replace: true });
  return (
    <Part
      title={t`Use over time`}
      actions={
        <Button variant="default" onClick={() => setReadAt(Date.now())} loading={use.isFetching}>
          <Trans>Read again</Trans>
        </Button>
      }
    >
      <Filters label={t`Filters`}>
        <Select
          label={t`Pool class`}
          data={classes}
          value={poolClass}
          onChange={(pool) => pool && choose({ pool })}
          allowDeselect={false}
        />
        <Select
          label={t`Span`}
          data={Object.entries(words).map(([value, label]) => ({ value, label }))}
          value={span}
          onChange={(value) => value && choose({ span: value })}
          allowDeselect={false}
        />
      </Filters>
      {use.error && <ErrorPanel error={use.error as unknown as Error} what={t`The use over time`} retry={() => void use.refetch()} />}
      {!use.data && !use.error && <Loading lines={5} heightPx={36} />}
      {use.data && <UseChart use={use.data} />}
      <LentUnits poolClass={poolClass} minutes={Math.min(SPANS_H[span] * 60, MAX_MINUTES)} />
    </Part>
  );
}

/** Closed months: starts within a second of those on a private partition. */
function Guarantee() {
  const { t } = useLingui();
  const months = useQuery({ ...listGuaranteeMonthsOptions(), staleTime: USE_EVERY_MS });
  const rows = months.data?.months ?? [];
  const last = rows[0];
  const columns: Column<Month>[] = [
    { id: 'month', header: t`Month`, isKey: true, cell: ({ month }) => month.slice(0, 7) },
    { id: 'pool', header: t`Pool class`, widthPx: 160, cell: ({ poolClass }) => poolClass },
    { id: 'starts', header: t`Starts`, widthPx: 120, align: 'end', cell: ({ starts }) => starts },
    {
      id: 'kept',
      header: t`Kept`,
      widthPx: 150,
      isKey: true,
      cell: ({ keptPct }) => <Chip glyph={keptPct === 100 ? '✓' : '✕'} isFailure={keptPct < 100}>{`${keptPct} %`}</Chip>,
    },
    {
      id: 'credit',
      header: t`Service credit`,
      widthPx: 160,
      align: 'end',
      isKey: true,
      cell: ({ serviceCreditCredits }) => <Credits value={serviceCreditCredits} />,
    },
    {
      id: 'lending',
      header: t`Credited for lending`,
      widthPx: 180,
      align: 'end',
      cell: ({ lendingCreditCredits }) => <Credits value={lendingCreditCredits} />,
    },
  ];
  return (
    <Part title={t`Guarantee kept`}>
      {last && <Figures items={[[last.month.slice(0, 7), `${last.keptPct} %`]]} />}
      <Note>
        <Trans>Kept: the share of starts within a second of those on a private partition of as many lanes as you have units.</Trans>
      </Note>
      <RowList
        list={{ ...months, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => {} }}
        label={t`Guarantee kept`}
        rows={rows}
        columns={columns}
        rowId={({ month, poolClass }) => `${month}/${poolClass}`}
        empty={
          <Empty title={t`No month is closed yet`}>
            <Trans>Each month with units is closed after its end, and what was not kept is credited.</Trans>
          </Empty>
        }
      />
    </Part>
  );
}
