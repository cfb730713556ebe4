import { Trans, useLingui } from '@lingui/react/macro';
import { NativeSelect, NumberInput } from '@mantine/core';
import { useState } from 'react';
import { renewCommitment, resizeCommitment, transferCommitment } from '#sdk/sdk.gen';
import type { Commitment } from '#sdk/types.gen';
import { TERM_MONTHS, type TermMonths } from '#web/admin/order-book/terms';
import { useTenants } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';

export type CommitmentAct = 'renew' | 'resize' | 'transfer';

interface CommitmentActDialogProps {
  act: CommitmentAct;
  commitment: Commitment;
  verb: string;
  close(): void;
}

/** Renews, enlarges or hands on a commitment. What does not fit is refused with the first day that fails and what would. */
export function CommitmentActDialog({ act, commitment, verb, close }: CommitmentActDialogProps) {
  const { t } = useLingui();
  const { tenants } = useTenants();
  const others = tenants.filter(({ id }) => id !== commitment.tenantId);
  const [months, setMonths] = useState<TermMonths>(12);
  const [units, setUnits] = useState<number | string>(act === 'transfer' ? commitment.units : 1);
  const [receiver, setReceiver] = useState('');
  const of = { path: { id: commitment.id }, query: { tenant: commitment.tenantId }, throwOnError: true } as const;
  const acts = {
    renew: () => renewCommitment({ ...of, body: { months } }),
    resize: () => resizeCommitment({ ...of, body: { moreUnits: Number(units) } }),
    transfer: () => transferCommitment({ ...of, body: { toTenantId: receiver || (others[0]?.id ?? ''), units: Number(units) } }),
  };
  const acting = useAct({
    act: async (): Promise<void> => {
      await acts[act]();
    },
    done: { renew: t`Renewed the units`, resize: t`Added units`, transfer: t`Transferred the units` }[act],
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={verb} verb={verb} act={acting}>
      <p>
        <Trans>
          {commitment.units} units of {commitment.poolClass} from {commitment.startsOn} until {commitment.endsOn}.
        </Trans>
      </p>
      {act === 'renew' && (
        <NativeSelect
          label={t`Term`}
          data={TERM_MONTHS.map((value) => ({ value: String(value), label: t`${value} months` }))}
          value={String(months)}
          onChange={({ currentTarget }) => setMonths(TERM_MONTHS.find((one) => String(one) === currentTarget.value) ?? 12)}
        />
      )}
      {act === 'transfer' && (
        <NativeSelect
          label={t`To tenant`}
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
          value={receiver || (others[0]?.id ?? '')}
          onChange={({ currentTarget }) => setReceiver(currentTarget.value)}
        />
      )}
      {act !== 'renew' && <NumberInput label={t`Units`} min={1} value={units} onChange={setUnits} hideControls />}
    </FormDialog>
  );
}
