import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { MODELS } from '#core/catalog/models';
import type { SwitchScope } from '#core/controls/switches';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { useTenants } from '#web/admin/panel/tenants';

/** Whom a switch stops, where it is not everybody. */
export function SubjectField({ scope, subject, change }: { scope: SwitchScope; subject: string; change(subject: string): void }) {
  const { t } = useLingui();
  const { tenants } = useTenants();
  const pools = usePoolClasses();
  if (scope === 'all') return null;
  const labels = { tenant: t`Tenant`, pool: t`Pool class`, model: t`Model` };
  const offered = {
    tenant: tenants.map(({ id, name }) => ({ value: id, label: name })),
    pool: (pools.data ?? []).map(({ poolClass }) => ({ value: poolClass, label: poolClass })),
    model: Object.keys(MODELS).map((model) => ({ value: model, label: model })),
  };
  return (
    <NativeSelect
      label={labels[scope]}
      data={[{ value: '', label: t`Choose one` }, ...offered[scope]]}
      value={subject}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}
