import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from '#web/parts/panel/panel.module.css';

interface FormDialogProps {
  close(): void;
  title: string;
  children: ReactNode;
  /** Verb and noun of what is done, such as "Create API key". */
  verb: string;
  /** What is done; its error is what the API refused, in its own words. */
  act: Act;
}

interface Act {
  mutate(wish: undefined): void;
  isPending: boolean;
  error: Error | null;
}

/** Asks for what something needs, and shows what was refused without losing what was typed. */
export function FormDialog({ close, title, children, verb, act }: FormDialogProps) {
  const { mutate, isPending, error } = act;
  return (
    <Modal opened onClose={close} title={title} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(undefined);
        }}
      >
        <Stack gap="sm">
          {children}
          {error && (
            <p role="alert" className={styles.refused}>
              {error.message}
            </p>
          )}
        </Stack>
        <Group justify="flex-end" mt="lg" gap="sm">
          <Button variant="default" onClick={close}>
            <Trans>Close without saving</Trans>
          </Button>
          <Button type="submit" loading={isPending}>
            {verb}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
