import { useLingui } from '@lingui/react/macro';
import { Select } from '@mantine/core';
import { monthAround } from '#core/ledger/plans';
import { useLanguage } from '#web/parts/words/language';

const MONTHS_OFFERED = 24;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** A UTC month as it stands in the URL: `2026-11`. The present one for anything else. */
export function monthOf(text: unknown): string {
  return typeof text === 'string' && MONTH.test(text) ? text : nameOf(new Date());
}

/** Where a month begins and ends, for the API. */
export function spanOf(month: string): { from: string; to: string } {
  const { startsAt, endsAt } = monthAround(new Date(`${month}-01T00:00:00Z`));
  return { from: startsAt.toISOString(), to: endsAt.toISOString() };
}

function nameOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

/** `2026-11` → "November 2026". */
export function useMonthWord(): (month: string) => string {
  const words = new Intl.DateTimeFormat(useLanguage(), { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return (month) => words.format(new Date(`${month}-01T00:00:00Z`));
}

/** Chooses one of the last two years' months. */
export function MonthSelect({ month, choose }: { month: string; choose(month: string): void }) {
  const { t } = useLingui();
  const monthWord = useMonthWord();
  const now = new Date();
  const months = Array.from({ length: MONTHS_OFFERED }, (_, back) =>
    nameOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1))),
  );
  const offered = months.includes(month) ? months : [...months, month];
  return (
    <Select
      label={t`Month (UTC)`}
      data={offered.map((value) => ({ value, label: monthWord(value) }))}
      value={month}
      onChange={(value) => value && choose(value)}
      allowDeselect={false}
    />
  );
}
