import { useLingui } from '@lingui/react/macro';
import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { SCOPES_OF, STOPPABLE, type Stoppable, type SwitchScope } from '#core/controls/switches';
import { propose, setSwitch } from '#sdk/sdk.gen';
import { EndSelect } from '#web/admin/controls/end-select';
import { useStopWords } from '#web/admin/controls/stop-words';
import { SubjectField } from '#web/admin/controls/subject-field';
import { TouchedPanel, useTouched } from '#web/admin/controls/touched-list';
import { useTypedName } from '#web/admin/controls/typed-name';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';

const DEFAULT_MINUTES = 60;

/** Stops new generations, webhooks or batches: at once, or, for the gravest, once somebody else approves it. */
export function SwitchDialog({ close }: { close(): void }) {
  const { t } = useLingui();
  const words = useStopWords();
  const [stops, setStops] = useState<Stoppable>('submits');
  const [scope, setScope] = useState<SwitchScope>('tenant');
  const [subject, setSubject] = useState('');
  const [reason, setReason] = useState('');
  const [minutes, setMinutes] = useState<number | undefined>(DEFAULT_MINUTES);
  const stop = { stops, scope, subject: scope === 'all' ? null : subject };
  const isNamed = scope === 'all' || subject !== '';
  const touched = useTouched(isNamed ? { does: 'switch', ...stop } : undefined);
  const isGrave = touched.data?.needsSecondPerson ?? false;
  const name = isNamed ? words.subjectOf(stop) : '';
  const typed = useTypedName(name);
  const act = useAct({
    act: async () => {
      if (isGrave) await propose({ body: { act: { does: 'switch', ...stop, minutes }, reason }, throwOnError: true });
      else await setSwitch({ body: { ...stop, minutes, reason }, throwOnError: true });
    },
    done: isGrave ? t`Proposed: another operator approves it` : t`Switched off ${words.kindOf(stop)} for ${name}`,
    isInForm: true,
    after: close,
  });
  const scopes = { all: t`everybody`, tenant: t`one tenant`, pool: t`one pool class`, model: t`one model` };
  return (
    <FormDialog
      close={close}
      title={t`Switch off`}
      verb={isGrave ? t`Propose the switch` : t`Switch off`}
      act={{ isPending: act.isPending, error: typed.refusal ?? act.error, mutate: () => typed.confirm(() => act.mutate(undefined)) }}
    >
      <NativeSelect
        label={t`What`}
        data={STOPPABLE.map((value) => ({ value, label: words.kindOf({ stops: value, scope: 'all' }) }))}
        value={stops}
        onChange={({ currentTarget: { value } }) => {
          setStops(value as Stoppable);
          if (!SCOPES_OF[value as Stoppable].includes(scope)) setScope('tenant');
        }}
        data-autofocus
      />
      <NativeSelect
        label={t`For`}
        data={SCOPES_OF[stops].map((value) => ({ value, label: scopes[value] }))}
        value={scope}
        onChange={({ currentTarget: { value } }) => {
          setScope(value as SwitchScope);
          setSubject('');
        }}
      />
      <SubjectField scope={scope} subject={subject} change={setSubject} />
      <TouchedPanel touched={touched} />
      <TextInput
        label={stops === 'submits' ? t`Reason, told to callers` : t`Reason`}
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
