import { Trans, useLingui } from '@lingui/react/macro';
import { Checkbox, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { cutCapacity } from '#sdk/sdk.gen';
import type { CutCapacity } from '#sdk/types.gen';
import { useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Credits } from '#web/parts/figures/figures';
import { PlainTable } from '#web/parts/table/plain-table';

/**
 * Takes capacity away for some days. Without force it is refused where it would take what is sold, with the first day and how much; forced, it says
 * what was taken from whom and what was credited for it.
 */
export function CutDialog({ poolClass, close }: { poolClass: string; close(): void }) {
  const { t } = useLingui();
  const { nameOf } = useTenants();
  const [siteId, setSite] = useState('');
  const [kind, setKind] = useState<CutCapacity['kind']>('maintenance');
  const [lanes, setLanes] = useState<number | string>(72);
  const [startsOn, setStartsOn] = useState('');
  const [endsOn, setEndsOn] = useState('');
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const [typed, setTyped] = useState('');
  const [refusal, setRefusal] = useState<Error | null>(null);
  const body = { siteId, poolClass, kind, lanes: Number(lanes), startsOn, endsOn: endsOn || null, reason, force };
  const cut = useAct({
    act: async () => (await cutCapacity({ body, throwOnError: true })).data,
    done: t`Cut the capacity`,
    isInForm: true,
  });
  const taken = cut.data?.taken;
  const submit = () => {
    if (taken) return close();
    const isConfirmed = !force || typed === poolClass;
    setRefusal(isConfirmed ? null : new Error(t`Type the name exactly as it is written.`));
    if (isConfirmed) cut.mutate(undefined);
  };
  return (
    <FormDialog
      close={close}
      title={t`Cut capacity of ${poolClass}`}
      verb={taken ? t`Close` : force ? t`Force the cut` : t`Cut capacity`}
      act={{ mutate: submit, isPending: cut.isPending, error: refusal ?? cut.error }}
    >
      {taken ? (
        <>
          <p>
            <Trans>{taken.length} commitments lost units.</Trans>
          </p>
          {taken.length > 0 && (
            <PlainTable
              label={t`Taken`}
              heads={[t`Tenant`, t`Units`, t`From`, t`Until`, t`Service credit`]}
              rows={taken.map((one) => [
                ...[nameOf(one.tenantId), one.units, one.startsOn, one.endsOn],
                <Credits key="credited" value={one.creditedCredits} />,
              ])}
            />
          )}
        </>
      ) : (
        <>
          <TextInput
            label={t`Site`}
            required
            value={siteId}
            onChange={({ currentTarget }) => setSite(currentTarget.value)}
            data-autofocus
          />
          <NativeSelect
            label={t`Kind`}
            data={[
              { value: 'maintenance', label: t`maintenance` },
              { value: 'failure', label: t`failure` },
              { value: 'delay', label: t`late phase` },
              { value: 'removal', label: t`removal` },
            ]}
            value={kind}
            onChange={({ currentTarget }) => setKind(currentTarget.value as CutCapacity['kind'])}
          />
          <NumberInput label={t`Lanes`} min={1} value={lanes} onChange={setLanes} hideControls />
          <TextInput
            label={t`From`}
            type="date"
            required
            value={startsOn}
            onChange={({ currentTarget }) => setStartsOn(currentTarget.value)}
          />
          <TextInput label={t`Until`} type="date" value={endsOn} onChange={({ currentTarget }) => setEndsOn(currentTarget.value)} />
          <TextInput
            label={t`Reason`}
            required
            maxLength={500}
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          <Checkbox
            label={t`Take what is sold, and credit it`}
            checked={force}
            onChange={({ currentTarget }) => setForce(currentTarget.checked)}
          />
          {force && (
            <TextInput
              label={t`Type ${poolClass} to confirm`}
              value={typed}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
              autoComplete="off"
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
