import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { getCapacityCalendarOptions, listCapacityCutsOptions, listCommitmentsOptions } from '#sdk/@tanstack/react-query.gen';
import { orderCommitment, quoteCommitment } from '#sdk/sdk.gen';
import type { CommitmentQuote } from '#sdk/types.gen';
import styles from '#web/admin/live/live.module.css';
import { Panel } from '#web/admin/panel/panel';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { useUrl } from '#web/admin/panel/search';
import { useMayOperate, useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Credits } from '#web/parts/figures/figures';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { useLanguage } from '#web/parts/words/language';

const Chart = lazy(() => import('#web/parts/chart/chart'));

const DAY_MS = 86_400_000;
/** The book is drawn to the end of 2029, and at least for a year. */
const DRAWN_UNTIL_MS = Date.UTC(2030, 0, 1);
const MIN_DAYS = 366;
const TERM_MONTHS = [1, 3, 12] as const;

/** What exists on each day, what of it is sold, and selling more. */
export function OrderBookPage() {
  const { t } = useLingui();
  const [{ pool }, change] = useUrl();
  const [isSelling, setSelling] = useState(false);
  const mayOperate = useMayOperate();
  const pools = usePoolClasses();
  const poolClass = pool ?? pools.data?.[0]?.poolClass;
  return (
    <Page
      title={t`Order book`}
      actions={
        mayOperate &&
        poolClass && (
          <Button onClick={() => setSelling(true)}>
            <Trans>Sell units</Trans>
          </Button>
        )
      }
    >
      {pools.error && <ErrorPanel error={pools.error} what={t`Pool classes`} retry={pools.retry} />}
      <div className={styles.bar}>
        <NativeSelect
          label={t`Pool class`}
          data={pools.data?.map((one) => one.poolClass) ?? []}
          value={poolClass ?? ''}
          onChange={({ currentTarget }) => change({ pool: currentTarget.value })}
        />
      </div>
      {poolClass && <Calendar poolClass={poolClass} />}
      <Cuts />
      <Commitments />
      {isSelling && poolClass && <SellDialog poolClass={poolClass} close={() => setSelling(false)} />}
    </Page>
  );
}

function Calendar({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const days = Math.max(MIN_DAYS, Math.floor((DRAWN_UNTIL_MS - Date.now()) / DAY_MS) + 1);
  const { data, error, refetch } = useQuery(getCapacityCalendarOptions({ query: { poolClass, days } }));
  const language = useLanguage();
  const count = (units: number | undefined) => units?.toLocaleString(language) ?? '–';
  const stretches = useMemo(() => data?.stretches ?? [], [data]);
  // A step keeps its value until the next one begins.
  const drawn = useMemo(() => {
    const ends = stretches.flatMap(({ startsOn, endsOn }) => [Date.parse(startsOn) / 1_000, Date.parse(endsOn) / 1_000 - 1]);
    const twice = (values: (number | undefined)[]) => values.flatMap((value) => [value ?? null, value ?? null]);
    return {
      times: ends,
      series: [
        { label: t`capacity`, colour: '--quiet', values: twice(stretches.map((one) => one.capacityUnits)) },
        { label: t`sold`, colour: '--own', values: twice(stretches.map((one) => one.soldUnits)) },
        { label: t`free`, colour: '--lent', values: twice(stretches.map((one) => one.freeUnits)) },
      ],
    };
  }, [stretches, t]);
  const most = Math.max(0, ...stretches.map((one) => one.capacityUnits ?? 0));
  return (
    <Panel
      id="calendar"
      title={t`Calendar`}
      csv={() => [
        ['from', 'until', 'capacity', 'sold', 'free'],
        ...stretches.map((one) => [one.startsOn, one.endsOn, one.capacityUnits ?? null, one.soldUnits ?? null, one.freeUnits]),
      ]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`The calendar`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={6} />}
      {stretches.length > 0 && (
        <>
          <Suspense fallback={<Loading lines={6} />}>
            <Chart title={t`Units by day`} summary={t`Capacity, sold and free units on each day; at most ${most} units.`} {...drawn} />
          </Suspense>
          <PlainTable
            label={t`Stretches of days`}
            heads={[t`From`, t`Until`, t`Capacity`, t`Sold`, t`Free`]}
            rows={stretches.map((one) => [one.startsOn, one.endsOn, count(one.capacityUnits), count(one.soldUnits), count(one.freeUnits)])}
          />
        </>
      )}
    </Panel>
  );
}

function Cuts() {
  const { t } = useLingui();
  const { data, error } = useQuery(listCapacityCutsOptions());
  const cuts = data?.cuts ?? [];
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`Cuts`} />;
  return (
    <Panel
      id="cuts"
      title={t`Cuts of capacity`}
      csv={() => [
        ['site', 'pool class', 'kind', 'lanes', 'from', 'until', 'forced', 'reason', 'lifted'],
        ...cuts.map((one) => [
          one.siteId,
          one.poolClass,
          one.kind,
          one.lanes,
          one.startsOn,
          one.endsOn,
          String(one.forced),
          one.reason,
          one.cancelledAt,
        ]),
      ]}
    >
      {cuts.length === 0 ? (
        <p>
          <Trans>No capacity is cut.</Trans>
        </p>
      ) : (
        <PlainTable
          label={t`Cuts of capacity`}
          heads={[t`Site`, t`Pool class`, t`Kind`, t`Lanes`, t`From`, t`Until`, t`Forced`, t`Reason`]}
          rows={cuts.map((one) => [
            ...[one.siteId, one.poolClass, one.kind, one.lanes, one.startsOn, one.endsOn ?? t`for good`],
            one.forced ? t`yes` : t`no`,
            one.reason,
          ])}
        />
      )}
    </Panel>
  );
}

function Commitments() {
  const { t } = useLingui();
  const [{ tenant }, change] = useUrl();
  const { tenants } = useTenants();
  const chosen = tenant ?? tenants[0]?.id;
  const { data, error } = useQuery({ ...listCommitmentsOptions({ query: { tenant: chosen } }), enabled: chosen !== undefined });
  const rows = data?.commitments ?? [];
  return (
    <Panel
      id="commitments"
      title={t`Commitments`}
      csv={() => [
        ['pool class', 'units', 'from', 'until', 'state', 'total', 'paid', 'service credit'],
        ...rows.map((one) => [
          one.poolClass,
          one.units,
          one.startsOn,
          one.endsOn,
          one.state,
          one.totalCredits,
          one.paidCredits,
          one.creditedCredits,
        ]),
      ]}
      controls={
        <NativeSelect
          aria-label={t`Tenant`}
          data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen ?? ''}
          onChange={({ currentTarget }) => change({ tenant: currentTarget.value })}
        />
      }
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Commitments`} />}
      {data && rows.length === 0 && <Empty title={t`No commitment`}>{t`This tenant has bought no units.`}</Empty>}
      {rows.length > 0 && (
        <PlainTable
          label={t`Commitments`}
          heads={[t`Pool class`, t`Units`, t`From`, t`Until`, t`State`, t`Total`, t`Paid`, t`Service credit`]}
          rows={rows.map((one) => [
            ...[one.poolClass, one.units, one.startsOn, one.endsOn, one.state],
            <Credits key="total" value={one.totalCredits} />,
            <Credits key="paid" value={one.paidCredits} />,
            <Credits key="credited" value={one.creditedCredits} />,
          ])}
        />
      )}
    </Panel>
  );
}

/** Asks for the price first; a refusal names the first day that fails and what fits. */
function SellDialog({ poolClass, close }: { poolClass: string; close(): void }) {
  const { t } = useLingui();
  const { tenants } = useTenants();
  const [tenant, setTenant] = useState('');
  const [units, setUnits] = useState<number | string>(1);
  const [months, setMonths] = useState<(typeof TERM_MONTHS)[number]>(12);
  const [startsOn, setStartsOn] = useState('');
  const [quoted, setQuoted] = useState<CommitmentQuote>();
  const sold = tenant || (tenants[0]?.id ?? '');
  const body = { poolClass, units: Number(units), months, ...(startsOn && { startsOn }) };
  const quote = useAct({
    act: async () => (await quoteCommitment({ body, query: { tenant: sold }, throwOnError: true })).data,
    done: null,
    isInForm: true,
    after: setQuoted,
  });
  const order = useAct({
    act: () => orderCommitment({ body, query: { tenant: sold }, throwOnError: true }),
    done: t`Sold the units`,
    isInForm: true,
    after: close,
  });
  const changed = () => setQuoted(undefined);
  return (
    <FormDialog
      close={close}
      title={t`Sell units of ${poolClass}`}
      verb={quoted ? t`Sell units` : t`Ask for the price`}
      act={{
        isPending: quote.isPending || order.isPending,
        error: order.error ?? quote.error,
        mutate: (quoted ? order : quote).mutate,
      }}
    >
      <NativeSelect
        label={t`Tenant`}
        data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
        value={sold}
        onChange={({ currentTarget }) => {
          setTenant(currentTarget.value);
          changed();
        }}
      />
      <NumberInput
        label={t`Units`}
        min={1}
        value={units}
        hideControls
        onChange={(value) => {
          setUnits(value);
          changed();
        }}
      />
      <NativeSelect
        label={t`Term`}
        data={TERM_MONTHS.map((value) => ({ value: String(value), label: t`${value} months` }))}
        value={String(months)}
        onChange={({ currentTarget }) => {
          setMonths(TERM_MONTHS.find((one) => String(one) === currentTarget.value) ?? 12);
          changed();
        }}
      />
      <TextInput
        label={t`From`}
        type="date"
        value={startsOn}
        onChange={({ currentTarget }) => {
          setStartsOn(currentTarget.value);
          changed();
        }}
      />
      {quoted && (
        <p>
          <Trans>
            {quoted.units} units from {quoted.startsOn} until {quoted.endsOn}: <Credits value={quoted.price.totalCredits} /> credits,{' '}
            <Credits value={quoted.price.firstMonthCredits} /> at once.
          </Trans>
        </p>
      )}
    </FormDialog>
  );
}
