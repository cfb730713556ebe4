import { Trans, useLingui } from '@lingui/react/macro';
import { NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { orderCommitment, quoteCommitment } from '#sdk/sdk.gen';
import type { CommitmentQuote } from '#sdk/types.gen';
import { TERM_MONTHS } from '#web/admin/order-book/terms';
import { useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Credits } from '#web/parts/figures/figures';

/** Asks for the price first; a refusal names the first day that fails and what fits. */
export function SellDialog({ poolClass, close }: { poolClass: string; close(): void }) {
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
