import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface ConfirmDialogProps {
  opened: boolean;
  close(): void;
  title: string;
  /** Names the thing, counts what it touches and what it costs. */
  children: ReactNode;
  /** Verb and noun of what is done, such as "Cancel generation". */
  verb: string;
  confirm(): void;
  isPending?: boolean;
}

/** Asks before something that cannot be undone. The safe button has the focus. */
export function ConfirmDialog({ opened, close, title, children, verb, confirm, isPending }: ConfirmDialogProps) {
  return (
    <Modal opened={opened} onClose={close} title={title}>
      {children}
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={close} data-autofocus>
          <Trans>Keep it</Trans>
        </Button>
        <Button color="danger" onClick={confirm} loading={isPending}>
          {verb}
        </Button>
      </Group>
    </Modal>
  );
}
