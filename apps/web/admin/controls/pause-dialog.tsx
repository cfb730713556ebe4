import { useLingui } from '@lingui/react/macro';
import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { pauseScheduling } from '#sdk/sdk.gen';
import { EndSelect } from '#web/admin/controls/end-select';
import { TouchedPanel, useTouched } from '#web/admin/controls/touched-list';
import { useTypedName } from '#web/admin/controls/typed-name';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';

/** Counts what is touched, and asks for the name to be typed. */
export function PauseDialog({ close }: { close(): void }) {
  const { t } = useLingui();
  const { tenants } = useTenants();
  const pools = usePoolClasses();
  const [chosen, setChosen] = useState('');
  const [reason, setReason] = useState('');
  const [minutes, setMinutes] = useState<number>();
  const choices = [
    { value: '', label: t`Choose what to pause` },
    ...(pools.data ?? []).map(({ poolClass }) => ({ value: `pool:${poolClass}`, label: t`Pool class ${poolClass}` })),
    ...tenants.map(({ id, name }) => ({ value: `tenant:${id}`, label: t`Tenant ${name}` })),
  ];
  const [kind, id = ''] = chosen.split(/:(.*)/s);
  const name = kind === 'tenant' ? (tenants.find((one) => one.id === id)?.name ?? '') : id;
  const target = kind === 'tenant' ? { tenantId: id } : { poolClass: id };
  const touched = useTouched(id ? { does: 'pause', ...target } : undefined);
  const typed = useTypedName(name);
  const pause = useAct({
    act: () => pauseScheduling({ body: { ...target, reason, minutes }, throwOnError: true }),
    done: t`Paused ${name}`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog
      close={close}
      title={t`Pause work`}
      verb={t`Pause work`}
      act={{
        isPending: pause.isPending,
        error: typed.refusal ?? pause.error,
        mutate: () => typed.confirm(() => pause.mutate(undefined)),
      }}
    >
      <NativeSelect
        label={t`What`}
        description={t`What runs goes on to its end. Nothing new starts.`}
        data={choices}
        value={chosen}
        onChange={({ currentTarget }) => setChosen(currentTarget.value)}
        data-autofocus
      />
      <TouchedPanel touched={touched} />
      <TextInput
        label={t`Reason`}
        required
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      <EndSelect minutes={minutes} change={setMinutes} />
      {typed.field}
    </FormDialog>
  );
}
