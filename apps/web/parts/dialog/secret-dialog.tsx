import { Trans } from '@lingui/react/macro';
import { Button, CopyButton, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from '#web/parts/dialog/secret-dialog.module.css';

interface SecretDialogProps {
  title: string;
  secret: string;
  /** What it is for. */
  children: ReactNode;
  close(): void;
}

/** Shows a secret this once. Only "I have stored it" ends it: no stray key or click loses the secret. */
export function SecretDialog({ title, secret, children, close }: SecretDialogProps) {
  return (
    <Modal opened onClose={() => {}} title={title} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} size="lg">
      <Stack gap="sm">
        <p className={styles.text}>{children}</p>
        <code className={styles.secret}>{secret}</code>
        <p className={styles.text}>
          <Trans>It is shown this once and cannot be read again.</Trans>
        </p>
      </Stack>
      <Group justify="flex-end" mt="lg" gap="sm">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy} data-autofocus>
              {copied ? <Trans>Copied</Trans> : <Trans>Copy</Trans>}
            </Button>
          )}
        </CopyButton>
        <Button onClick={close}>
          <Trans>I have stored it</Trans>
        </Button>
      </Group>
    </Modal>
  );
}
