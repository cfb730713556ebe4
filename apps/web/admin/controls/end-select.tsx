import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { formatSpan } from '#web/parts/figures/format';

const MINUTES = [15, 60, 240, 1_440];
const MS_PER_MINUTE = 60_000;

/** When something that is held back goes on by itself. @param minutes undefined: when it is lifted */
export function EndSelect({ minutes, change }: { minutes: number | undefined; change(minutes: number | undefined): void }) {
  const { t } = useLingui();
  return (
    <NativeSelect
      label={t`Ends`}
      data={[
        { value: '', label: t`when it is lifted` },
        ...MINUTES.map((value) => ({ value: String(value), label: t`after ${formatSpan(value * MS_PER_MINUTE)}` })),
      ]}
      value={minutes === undefined ? '' : String(minutes)}
      onChange={({ currentTarget: { value } }) => change(value === '' ? undefined : Number(value))}
    />
  );
}
