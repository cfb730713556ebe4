import { Trans, useLingui } from '@lingui/react/macro';
import { NumberInput, Select, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { TERMS } from '#core/capacity/prices';
import { getCapacityCalendarOptions } from '#sdk/@tanstack/react-query.gen';
import { orderCommitment, quoteCommitment } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Credits } from '#web/parts/figures/figures';
import { Facts, Note } from '#web/parts/panel/panel';
import { Loading } from '#web/parts/states/loading';

const MIN_UNITS = 8;
const DEFAULT_POOL_CLASS = 'halo-1';

/** Orders units. What it costs stands there before the click; when it does not fit, the first failing day and what would. */
export function OrderDialog({ close }: { close(): void }) {
  const { t } = useLingui();
  const [poolClass, setPoolClass] = useState(DEFAULT_POOL_CLASS);
  const [units, setUnits] = useState(MIN_UNITS);
  const [startsOn, setStart] = useState('');
  const [months, setMonths] = useState<(typeof TERMS)[number]>(3);
  const wish = { poolClass, units, months, ...(startsOn && { startsOn }) };
  const quote = useQuery({
    queryKey: ['quoteCommitment', wish],
    queryFn: async ({ signal }) => (await quoteCommitment({ body: wish, signal, throwOnError: true })).data,
    retry: false,
    placeholderData: keepPreviousData,
    enabled: poolClass.trim() !== '' && units >= 1,
  });
  const calendar = useQuery({ ...getCapacityCalendarOptions({ query: { poolClass } }), enabled: poolClass.trim() !== '', retry: false });
  const order = useAct({
    act: () => orderCommitment({ body: wish, throwOnError: true }),
    done: t`Ordered ${units} units`,
    isInForm: true,
    after: close,
  });
  const refusal = quote.error as Error | null;
  const { data } = quote;
  return (
    <FormDialog close={close} title={t`Order units`} verb={t`Order units`} act={order}>
      <TextInput label={t`Pool class`} required value={poolClass} onChange={({ currentTarget }) => setPoolClass(currentTarget.value)} />
      <NumberInput
        label={t`Units`}
        description={t`At least ${MIN_UNITS}.`}
        min={1}
        allowDecimal={false}
        hideControls
        required
        data-autofocus
        value={units}
        onChange={(value) => setUnits(Number(value))}
      />
      <Select
        label={t`For`}
        data={TERMS.map((value) => ({ value: String(value), label: value === 1 ? t`1 month` : t`${value} months` }))}
        value={String(months)}
        onChange={(value) => value && setMonths(Number(value) as (typeof TERMS)[number])}
        allowDeselect={false}
      />
      <TextInput
        type="date"
        label={t`From (UTC)`}
        description={t`Today, if left empty.`}
        value={startsOn}
        onChange={({ currentTarget }) => setStart(currentTarget.value)}
      />
      <div aria-live="polite">
        {refusal && <Note>{refusal.message}</Note>}
        {!refusal && quote.isPending && <Loading lines={2} />}
        {!refusal && data && (
          <Facts
            items={[
              [t`From`, data.startsOn],
              [t`Until before`, data.endsOn],
              [t`A unit a month`, `$${data.price.unitMonthUsd}`],
              [t`First month, paid at once`, <Credits key="first" value={data.price.firstMonthCredits} />],
              [t`In all`, <Credits key="total" value={data.price.totalCredits} />],
            ]}
          />
        )}
      </div>
      <FreeUnits stretches={calendar.data?.stretches ?? []} />
    </FormDialog>
  );
}

const STRETCHES_SHOWN = 6;

/** What may be ordered on which days. */
function FreeUnits({ stretches }: { stretches: readonly { startsOn: string; endsOn: string; freeUnits: number }[] }) {
  if (stretches.length === 0) return null;
  const shown = stretches.slice(0, STRETCHES_SHOWN);
  return (
    <div>
      <Note>
        <Trans>Free units by days</Trans>
      </Note>
      <ul style={{ margin: 0, paddingLeft: 20 }}>
        {shown.map(({ startsOn, endsOn, freeUnits }) => (
          <li key={startsOn}>
            <Trans>
              {startsOn} until before {endsOn}: {freeUnits} units
            </Trans>
          </li>
        ))}
      </ul>
      {stretches.length > shown.length && (
        <Note>
          <Trans>
            {shown.length} of {stretches.length} stretches of the next year shown
          </Trans>
        </Note>
      )}
    </div>
  );
}
