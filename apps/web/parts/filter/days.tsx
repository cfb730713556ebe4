import { useLingui } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';

/** Days in UTC, such as 2026-11-23: the first and the last one shown. */
export interface Days {
  from?: string;
  to?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function dayOf(value: unknown): string | undefined {
  return typeof value === 'string' && DAY.test(value) ? value : undefined;
}

/** The instants at which the days begin and end, as lists take them. */
export function instantsOf({ from, to }: Days): Days {
  return { ...(from && { from: `${from}T00:00:00Z` }), ...(to && { to: `${to}T23:59:59.999Z` }) };
}

export function DayFields({ days: { from, to }, choose }: { days: Days; choose(change: Days): void }) {
  const { t } = useLingui();
  return (
    <>
      <TextInput
        type="date"
        label={t`From (UTC)`}
        value={from ?? ''}
        onChange={({ currentTarget }) => choose({ from: currentTarget.value })}
      />
      <TextInput type="date" label={t`To (UTC)`} value={to ?? ''} onChange={({ currentTarget }) => choose({ to: currentTarget.value })} />
    </>
  );
}
