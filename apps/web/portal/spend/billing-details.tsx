import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getBillingDetailsOptions } from '#sdk/@tanstack/react-query.gen';
import type { BillingDetails as Details } from '#sdk/types.gen';
import { Facts, Panel } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { BillingDialog } from '#web/portal/spend/billing-dialog';
import styles from '#web/portal/spend/invoice.module.css';
import { taxRate } from '#web/portal/spend/invoice-words';

/** Name, address and tax number that the next invoice will show. */
export function BillingDetails() {
  const { t } = useLingui();
  const scope = useScope();
  const [isEditing, setEditing] = useState(false);
  const { data, error, refetch } = useQuery(getBillingDetailsOptions());
  return (
    <Panel
      title={t`Billing details`}
      actions={
        data &&
        scope.may('billing:write') && (
          <Button variant="default" onClick={() => setEditing(true)}>
            <Trans>Edit billing details</Trans>
          </Button>
        )
      }
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`The billing details`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={4} />}
      {data && <Shown details={data} />}
      {data && isEditing && <BillingDialog details={data} close={() => setEditing(false)} />}
    </Panel>
  );
}

function Shown({ details: { name, address, country, taxNumber, email, taxRateBasisPoints } }: { details: Details }) {
  const { t } = useLingui();
  return (
    <Facts
      items={[
        [t`Name`, name || t`the name of this tenant`],
        [
          t`Address`,
          <span key="address" className={styles.address}>
            {address || '–'}
          </span>,
        ],
        [t`Country`, country ?? '–'],
        [t`Tax number`, taxNumber ?? '–'],
        [t`E-mail`, email ?? '–'],
        [t`Tax rate`, taxRate(taxRateBasisPoints)],
      ]}
    />
  );
}
