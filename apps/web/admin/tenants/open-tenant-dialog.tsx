import { Trans, useLingui } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { openTenant } from '#sdk/sdk.gen';
import type { Tenant } from '#sdk/types.gen';
import { useUrl } from '#web/admin/panel/search';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';

/** Says before it opens that the tenant is told, and asks for the reason that it is told. */
export function OpenTenantDialog({ tenant: { id, name }, close }: { tenant: Tenant; close(): void }) {
  const { t } = useLingui();
  const [, change] = useUrl();
  const [reason, setReason] = useState('');
  const open = useAct({
    act: () => openTenant({ path: { id }, body: { reason }, throwOnError: true }),
    done: t`Opened the tenant`,
    isInForm: true,
    after: () => {
      change({ tenant: id });
      close();
    },
  });
  return (
    <FormDialog close={close} title={t`Open ${name}`} verb={t`Open tenant`} act={open}>
      <p>
        <Trans>
          You can look for an hour and change nothing. {name} sees that you did, and this reason, in its audit log and on its pages.
        </Trans>
      </p>
      <TextInput
        label={t`Reason`}
        required
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  );
}
