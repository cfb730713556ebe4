import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { useUrl } from '#web/admin/panel/search';

/** The pool class that the URL names, else the first one; undefined while they are read. */
export function usePoolClass(): string | undefined {
  const [{ pool }] = useUrl();
  const { data } = usePoolClasses();
  return pool ?? data?.[0]?.poolClass;
}

/** Chooses the pool class. @param forget what in the URL belongs to the one before */
export function PoolSelect({ forget = [] }: { forget?: readonly string[] }) {
  const { t } = useLingui();
  const [, change] = useUrl();
  const { data } = usePoolClasses();
  const poolClass = usePoolClass() ?? '';
  return (
    <NativeSelect
      label={t`Pool class`}
      data={[...new Set([...(data?.map((one) => one.poolClass) ?? []), poolClass])].filter(Boolean)}
      value={poolClass}
      onChange={({ currentTarget }) => change({ pool: currentTarget.value, ...Object.fromEntries(forget.map((name) => [name, null])) })}
    />
  );
}
