import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group, Modal, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getCancellationOptions } from '#sdk/@tanstack/react-query.gen';
import { previewCancellation, startCancellation } from '#sdk/sdk.gen';
import type { Cancellation } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { CancelledRows } from '#web/portal/generations/cancelled-rows';
import type { GenerationFilter } from '#web/portal/generations/generation-filter';
import { useCountWord } from '#web/portal/generations/use-count-word';

const ASKED_EVERY_MS = 500;

/** Those that were chosen, or all that a filter leaves. */
export type ManyToCancel = { ids: string[] } | { filter: GenerationFilter };

/** Says how many there are before anything is done, then how far the server has come. Closing it stops nothing. */
export function CancelMany({ many, close }: { many: ManyToCancel; close(): void }) {
  const { t } = useLingui();
  const countWord = useCountWord();
  const preview = useQuery({
    queryKey: ['preview of a cancellation', many],
    enabled: 'filter' in many,
    gcTime: 0, // what matches now is asked anew each time
    queryFn: async ({ signal }) =>
      (await previewCancellation({ body: 'filter' in many ? many.filter : {}, signal, throwOnError: true })).data,
  });
  const start = useAct({
    act: async () => {
      const body = 'ids' in many ? { ids: many.ids } : { token: preview.data?.token ?? '' };
      return (await startCancellation({ body, throwOnError: true })).data;
    },
    done: null,
  });
  if (start.data) return <Running started={start.data} close={close} />;
  const count = 'ids' in many ? { value: many.ids.length, exact: true } : preview.data?.count;
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Cancel generations`}
      verb={t`Cancel generations`}
      confirm={() => count && count.value > 0 && start.mutate(undefined)}
      isPending={start.isPending || (!count && !preview.error)}
    >
      {preview.error && <ErrorPanel error={preview.error} what={t`The count`} retry={() => void preview.refetch()} />}
      {count && (
        <p role="status">
          <Trans>{countWord(count)} unfinished generations are cancelled. They stop where they are, and what they held is released.</Trans>
        </p>
      )}
    </ConfirmDialog>
  );
}

function Running({ started, close }: { started: Cancellation; close(): void }) {
  const { t } = useLingui();
  const { data = started } = useQuery({
    ...getCancellationOptions({ path: { id: started.id } }),
    refetchInterval: ({ state }) => (state.data?.state === 'done' ? false : ASKED_EVERY_MS),
  });
  const { cancelled, endedBefore, expected, state } = data;
  const isDone = state === 'done';
  const donePct = isDone ? 100 : Math.min(99, (100 * (cancelled + endedBefore)) / Math.max(1, expected.value));
  return (
    <Modal opened onClose={close} title={t`Cancel generations`} size="lg">
      <Progress value={donePct} aria-label={t`Progress`} mb="sm" />
      <p role="status">
        {isDone ? (
          <Trans>
            {cancelled} generations cancelled, {endedBefore} had ended before.
          </Trans>
        ) : (
          <Trans>{cancelled} generations cancelled so far. It goes on by itself when this is closed.</Trans>
        )}
      </p>
      {isDone && <CancelledRows id={started.id} />}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={close} data-autofocus>
          <Trans>Close</Trans>
        </Button>
      </Group>
    </Modal>
  );
}
