import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listDirectoryTokensOptions } from '#sdk/@tanstack/react-query.gen';
import { createDirectoryToken, revokeDirectoryToken, rotateDirectoryToken } from '#sdk/sdk.gen';
import type { DirectoryToken } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { SecretDialog } from '#web/parts/dialog/secret-dialog';
import { Time } from '#web/parts/figures/figures';
import { Note, Part } from '#web/parts/panel/panel';
import { PlainTable } from '#web/parts/table/plain-table';

/** Tokens that the identity provider calls with. */
export function DirectoryTokens({ mayWrite }: { mayWrite: boolean }) {
  const { t } = useLingui();
  const [secret, setSecret] = useState<string>();
  const [revoked, setRevoked] = useState<DirectoryToken>();
  const tokens = useQuery(listDirectoryTokensOptions()).data?.tokens ?? [];
  const create = useAct({
    act: async () => (await createDirectoryToken({ throwOnError: true })).data,
    done: null,
    after: ({ token }) => setSecret(token),
  });
  const rotate = useAct({
    act: async (id: string) => (await rotateDirectoryToken({ path: { id }, body: {}, throwOnError: true })).data,
    done: null,
    after: ({ token }) => setSecret(token),
  });
  const actsOf = (token: DirectoryToken) =>
    mayWrite &&
    isLiving(token) && (
      <Group key="acts" gap={4} wrap="nowrap">
        <Button variant="subtle" size="compact-sm" onClick={() => rotate.mutate(token.id)} aria-label={t`Rotate token ${token.prefix}`}>
          <Trans>Rotate</Trans>
        </Button>
        <Button
          variant="subtle"
          color="danger"
          size="compact-sm"
          onClick={() => setRevoked(token)}
          aria-label={t`Revoke token ${token.prefix}`}
        >
          <Trans>Revoke</Trans>
        </Button>
      </Group>
    );
  return (
    <Part
      title={t`Tokens`}
      actions={
        mayWrite && (
          <Button onClick={() => create.mutate(undefined)} loading={create.isPending}>
            <Trans>Create token</Trans>
          </Button>
        )
      }
    >
      <Note>
        <Trans>A token keeps this directory and does nothing else. Rotated, the old one works for another day.</Trans>
      </Note>
      {tokens.length > 0 && (
        <PlainTable
          label={t`Tokens`}
          heads={[t`Begins with`, t`State`, t`Last used`, t`Actions`]}
          rows={tokens.map((token) => [
            <code key="prefix">{token.prefix}…</code>,
            <TokenState key="state" token={token} />,
            token.lastUsedAt ? <Time key="used" at={token.lastUsedAt} /> : t`never`,
            actsOf(token),
          ])}
        />
      )}
      {secret && (
        <SecretDialog title={t`Token of the directory`} secret={secret} close={() => setSecret(undefined)}>
          <Trans>Enter it at your identity provider as the SCIM token.</Trans>
        </SecretDialog>
      )}
      {revoked && <RevokeDialog token={revoked} close={() => setRevoked(undefined)} />}
    </Part>
  );
}

function isLiving({ revokedAt, expiresAt }: DirectoryToken): boolean {
  return revokedAt === null && (expiresAt === null || new Date(expiresAt) > new Date());
}

function TokenState({ token }: { token: DirectoryToken }) {
  const { t } = useLingui();
  if (token.revokedAt) return <Chip glyph="⊘">{t`revoked`}</Chip>;
  if (!isLiving(token)) return <Chip glyph="⊘">{t`expired`}</Chip>;
  if (!token.expiresAt) return <Chip glyph="✓">{t`works`}</Chip>;
  return (
    <Chip glyph="◔">
      {t`works until`} <Time at={token.expiresAt} isInstant />
    </Chip>
  );
}

function RevokeDialog({ token: { id, prefix }, close }: { token: DirectoryToken; close(): void }) {
  const { t } = useLingui();
  const revoke = useAct({
    act: () => revokeDirectoryToken({ path: { id }, throwOnError: true }),
    done: t`Revoked the token`,
    after: close,
  });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Revoke token ${prefix}`}
      verb={t`Revoke token`}
      confirm={() => revoke.mutate(undefined)}
      isPending={revoke.isPending}
    >
      <Trans>Your identity provider can no longer change people with it. People and groups stay as they are.</Trans>
    </ConfirmDialog>
  );
}
