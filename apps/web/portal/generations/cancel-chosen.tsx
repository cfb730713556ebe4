import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelGeneration } from '#sdk/sdk.gen';
import type { Generation } from '#sdk/types.gen';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';

/** One request each: what has ended meanwhile is refused by itself and says so. */
export function CancelChosen({ chosen, done }: { chosen: readonly Generation[]; done(): void }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const [isPending, setPending] = useState(false);
  const unfinished = chosen.filter(({ finishedAt }) => finishedAt === null);
  const cancelAll = async () => {
    setPending(true);
    const outcomes = await Promise.allSettled(unfinished.map(({ id }) => cancelGeneration({ path: { id } })));
    const cancelled = outcomes.filter(({ status }) => status === 'fulfilled').length;
    notifications.show({ message: t`Cancelled ${cancelled} of ${unfinished.length} generations` });
    setPending(false);
    setAsked(false);
    done();
    void client.invalidateQueries();
  };
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)} disabled={unfinished.length === 0}>
        <Trans>Cancel generations</Trans>
      </Button>
      <ConfirmDialog
        opened={isAsked}
        close={() => setAsked(false)}
        title={t`Cancel ${unfinished.length} generations`}
        verb={t`Cancel generations`}
        confirm={() => void cancelAll()}
        isPending={isPending}
      >
        <Trans>They stop where they are, and what they held is released.</Trans>
      </ConfirmDialog>
    </>
  );
}
