import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listGuaranteeMissesOptions, listGuaranteeMonthsOptions } from '#sdk/@tanstack/react-query.gen';
import type { ListGuaranteeMissesResponse, ListGuaranteeMonthsResponse } from '#sdk/types.gen';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { Credits, Time } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';

type Month = ListGuaranteeMonthsResponse['months'][number];

/** How the guarantee of a tenant was kept, by month; of one month each miss. */
export function Months({ tenant }: { tenant: string }) {
  const { t } = useLingui();
  const [{ miss }, change] = useUrl();
  const query = useQuery(listGuaranteeMonthsOptions({ query: { tenant } }));
  const months = query.data?.months;
  const keyOf = ({ month, poolClass }: Month) => `${month} ${poolClass}`;
  const chosen = months?.find((one) => keyOf(one) === miss);
  const columns: TableColumn<Month>[] = [
    { head: t`Month`, name: 'month', cell: ({ month }) => month },
    { head: t`Pool class`, name: 'pool class', cell: ({ poolClass }) => poolClass },
    { head: t`Starts`, name: 'starts', cell: ({ starts }) => starts },
    { head: t`Kept`, name: 'kept %', cell: ({ keptPct }) => `${keptPct} %`, value: ({ keptPct }) => keptPct },
    {
      head: t`Service credit`,
      name: 'service credit',
      cell: (one) => <Credits value={one.serviceCreditCredits} />,
      value: (one) => one.serviceCreditCredits,
    },
    {
      head: t`Lending credit`,
      name: 'lending credit',
      cell: (one) => <Credits value={one.lendingCreditCredits} />,
      value: (one) => one.lendingCreditCredits,
    },
    {
      head: t`Misses`,
      cell: (one) => (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={t`Show misses of ${one.month}`}
          onClick={() => change({ miss: keyOf(one) })}
        >
          <Trans>Show misses</Trans>
        </Button>
      ),
    },
  ];
  return (
    <>
      <TablePanel
        id="kept"
        title={t`Guarantee kept by month`}
        metric="halogen_guarantee_misses"
        query={query}
        rows={months}
        columns={columns}
        empty={{ title: t`No month yet`, text: t`A month is listed once a tenant with units has started work in it.` }}
      />
      {chosen && <Misses tenant={tenant} month={chosen} />}
    </>
  );
}

function Misses({ tenant, month: { month, poolClass, serviceCreditCredits } }: { tenant: string; month: Month }) {
  const { t } = useLingui();
  const query = useQuery(listGuaranteeMissesOptions({ query: { tenant, month, poolClass } }));
  const columns: TableColumn<ListGuaranteeMissesResponse['misses'][number]>[] = [
    { head: t`Generation`, name: 'generation', cell: (one) => <code>{one.generationId}</code>, value: (one) => one.generationId },
    { head: t`Queued`, name: 'queued at', cell: ({ queuedAt }) => <Time at={queuedAt} />, value: ({ queuedAt }) => queuedAt },
    { head: t`Due`, name: 'due at', cell: ({ dueAt }) => <Time at={dueAt} />, value: ({ dueAt }) => dueAt },
    { head: t`Started`, name: 'started at', cell: ({ startedAt }) => <Time at={startedAt} />, value: ({ startedAt }) => startedAt },
    { head: t`Late`, name: 'late ms', cell: ({ lateMs }) => formatSpan(lateMs), value: ({ lateMs }) => lateMs },
  ];
  return (
    <TablePanel
      id="misses"
      title={t`Misses of ${month} on ${poolClass}`}
      metric="halogen_guarantee_misses"
      query={query}
      rows={query.data?.misses}
      columns={columns}
      empty={{ title: t`No miss`, text: t`Every start of this month came in time.` }}
    >
      <p>
        <Trans>
          Service credit of the month: <Credits value={serviceCreditCredits} />
        </Trans>
      </p>
    </TablePanel>
  );
}
