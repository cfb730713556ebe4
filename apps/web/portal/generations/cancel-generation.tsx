import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelGeneration } from '#sdk/sdk.gen';
import type { Generation } from '#sdk/types.gen';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';

/** Says "cancelling…" until the event comes: a settle may win, and then the state says so. */
export function CancelGeneration({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelGeneration({ path: { id: generation.id } }),
    onSuccess: () => notifications.show({ message: t`Generation cancelled` }),
    onError: (error) => notifications.show({ message: error.message, color: 'danger' }),
    onSettled: () => {
      setAsked(false);
      void client.invalidateQueries();
    },
  });
  const isCancelling = cancel.isPending || cancel.isSuccess; // until the event takes the button away
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)} disabled={isCancelling}>
        {isCancelling ? <Trans>Cancelling…</Trans> : <Trans>Cancel generation</Trans>}
      </Button>
      <ConfirmDialog
        opened={isAsked}
        close={() => setAsked(false)}
        title={t`Cancel generation`}
        verb={t`Cancel generation`}
        confirm={() => cancel.mutate()}
        isPending={cancel.isPending}
      >
        <Trans>It stops where it is. The {generation.cost.reservedCredits} credits that it holds are released.</Trans>
      </ConfirmDialog>
    </>
  );
}
