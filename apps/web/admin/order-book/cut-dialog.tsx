import { useLingui } from '@lingui/react/macro';
import { NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { cutCapacity, propose } from '#sdk/sdk.gen';
import type { CutCapacity } from '#sdk/types.gen';
import { TouchedPanel, useTouched } from '#web/admin/controls/touched-list';
import { useTypedName } from '#web/admin/controls/typed-name';
import { useSites } from '#web/admin/order-book/calendar-query';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';

const DEFAULT_LANES = 72;
const A_DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * Takes capacity away for some days. What a cut would take of what is sold is counted first, by a dry run; with anything sold in it, or a whole site, it
 * is proposed, and takes effect once a second operator approves it.
 */
export function CutDialog({ poolClass, close }: { poolClass: string; close(): void }) {
  const { t } = useLingui();
  const sites = useSites(poolClass);
  const [chosenSite, setSite] = useState<string>();
  const siteId = chosenSite ?? sites[0] ?? '';
  const [kind, setKind] = useState<CutCapacity['kind']>('maintenance');
  const [lanes, setLanes] = useState<number | string>(DEFAULT_LANES);
  const [startsOn, setStartsOn] = useState('');
  const [endsOn, setEndsOn] = useState('');
  const [reason, setReason] = useState('');
  const wanted = { siteId, poolClass, kind, lanes: Number(lanes), startsOn, endsOn: endsOn || null };
  const isNamed = siteId !== '' && Number(lanes) > 0 && A_DAY.test(startsOn) && (endsOn === '' || endsOn > startsOn);
  const touched = useTouched(isNamed ? { does: 'cut', ...wanted } : undefined);
  const isGrave = touched.data?.needsSecondPerson ?? false;
  const typed = useTypedName(isGrave ? poolClass : '');
  const cut = useAct({
    act: async () => {
      if (isGrave) await propose({ body: { act: { does: 'cut', ...wanted }, reason }, throwOnError: true });
      else await cutCapacity({ body: { ...wanted, reason }, throwOnError: true });
    },
    done: isGrave ? t`Proposed: another operator approves it on Controls` : t`Cut the capacity`,
    isInForm: true,
    after: close,
  });
  const submit = () => (isGrave ? typed.confirm(() => cut.mutate(undefined)) : cut.mutate(undefined));
  return (
    <FormDialog
      close={close}
      title={t`Cut capacity of ${poolClass}`}
      verb={isGrave ? t`Propose the cut` : t`Cut capacity`}
      act={{ mutate: submit, isPending: cut.isPending, error: (isGrave ? typed.refusal : null) ?? cut.error }}
    >
      <NativeSelect
        label={t`Site`}
        data={sites}
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
      <TextInput label={t`From`} type="date" required value={startsOn} onChange={({ currentTarget }) => setStartsOn(currentTarget.value)} />
      <TextInput
        label={t`Until`}
        description={t`The first day after; empty for good.`}
        type="date"
        value={endsOn}
        onChange={({ currentTarget }) => setEndsOn(currentTarget.value)}
      />
      <TouchedPanel touched={touched} />
      <TextInput
        label={t`Reason`}
        required
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      {typed.field}
    </FormDialog>
  );
}
