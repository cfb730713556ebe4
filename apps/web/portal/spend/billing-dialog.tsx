import { useLingui } from '@lingui/react/macro';
import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { changeBillingDetails } from '#sdk/sdk.gen';
import type { BillingDetails } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Note } from '#web/parts/panel/panel';

type Field = 'name' | 'address' | 'country' | 'taxNumber' | 'email';

/** Changes what the next invoice will show. The tax rate is the platform's to set. */
export function BillingDialog({ details, close }: { details: BillingDetails; close(): void }) {
  const { t } = useLingui();
  const { name, address } = details;
  const [draft, setDraft] = useState<Record<Field, string>>({
    ...{ name, address },
    country: details.country ?? '',
    taxNumber: details.taxNumber ?? '',
    email: details.email ?? '',
  });
  const change = useAct({
    act: () =>
      changeBillingDetails({
        body: {
          name: draft.name.trim(),
          address: draft.address.trim(),
          country: draft.country.trim().toUpperCase() || null,
          taxNumber: draft.taxNumber.trim() || null,
          email: draft.email.trim() || null,
        },
        throwOnError: true,
      }),
    done: t`Saved the billing details`,
    isInForm: true,
    after: close,
  });
  const field = (at: Field, maxLength: number) => ({
    ...{ value: draft[at], maxLength },
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => setDraft({ ...draft, [at]: currentTarget.value }),
  });
  return (
    <FormDialog close={close} title={t`Edit billing details`} verb={t`Save billing details`} act={change}>
      <Note>{t`Issued invoices stay as they are.`}</Note>
      <TextInput label={t`Name`} description={t`The name of this tenant, if left empty.`} data-autofocus {...field('name', 200)} />
      <Textarea label={t`Address`} autosize minRows={3} autoComplete="street-address" {...field('address', 1_000)} />
      <TextInput label={t`Country`} description={t`Two letters, such as DE or JP.`} pattern="[A-Za-z]{2}" {...field('country', 2)} />
      <TextInput label={t`Tax number`} {...field('taxNumber', 50)} />
      <TextInput label={t`E-mail`} type="email" autoComplete="email" {...field('email', 320)} />
    </FormDialog>
  );
}
