import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelBatch, pauseBatch, resumeBatch, retryBatch } from '#sdk/sdk.gen';
import type { Batch } from '#sdk/types.gen';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { useScope } from '#web/parts/scope/scope';

const COMMANDS = { pause: pauseBatch, resume: resumeBatch, cancel: cancelBatch, retry: retryBatch };
type Command = keyof typeof COMMANDS;

/** What can be done to a campaign as it stands. */
export function CampaignCommands({ campaign: { id, state, rows, loadedAt } }: { campaign: Batch }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const done: Record<Command, string> = {
    pause: t`Campaign paused`,
    resume: t`Campaign resumed`,
    cancel: t`Campaign cancelled`,
    retry: t`Failed rows asked for again`,
  };
  const run = useMutation({
    mutationFn: (command: Command) => COMMANDS[command]({ path: { id }, throwOnError: true }),
    onSuccess: (_, command) => notifications.show({ message: done[command] }),
    onError: ({ message }) => notifications.show({ message, color: 'danger' }),
    onSettled: () => {
      setAsked(false);
      void client.invalidateQueries();
    },
  });
  if (!useScope().may('generations:write')) return null;
  const runs = state === 'validating' || state === 'running';
  return (
    <>
      {loadedAt && (state === 'running' || state === 'completed') && rows.failed > 0 && (
        <Button variant="default" onClick={() => run.mutate('retry')} disabled={run.isPending}>
          <Trans>Retry {rows.failed} failed rows</Trans>
        </Button>
      )}
      {runs && (
        <Button variant="default" onClick={() => run.mutate('pause')} disabled={run.isPending}>
          <Trans>Pause campaign</Trans>
        </Button>
      )}
      {state === 'paused' && (
        <Button variant="default" onClick={() => run.mutate('resume')} disabled={run.isPending}>
          <Trans>Resume campaign</Trans>
        </Button>
      )}
      {(runs || state === 'paused' || state === 'receiving') && (
        <Button variant="default" onClick={() => setAsked(true)} disabled={run.isPending}>
          <Trans>Cancel campaign</Trans>
        </Button>
      )}
      <ConfirmDialog
        opened={isAsked}
        close={() => setAsked(false)}
        title={t`Cancel campaign`}
        verb={t`Cancel campaign`}
        confirm={() => run.mutate('cancel')}
        isPending={run.isPending}
      >
        <Trans>Its {rows.queued} unfinished rows are cancelled, and what they held is released. Completed rows stay.</Trans>
      </ConfirmDialog>
    </>
  );
}
