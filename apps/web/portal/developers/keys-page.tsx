import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { roleWithScopes } from '#core/access/ways';
import { listKeysInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { revokeKey, rotateKey } from '#sdk/sdk.gen';
import type { ApiKey, NewApiKey } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { Chip } from '#web/parts/chip/state-chip';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { SecretDialog } from '#web/parts/dialog/secret-dialog';
import { Time } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { DeveloperSections } from '#web/portal/developers/developer-sections';
import { NewKeyDialog } from '#web/portal/developers/new-key-dialog';
import { useRoleName } from '#web/portal/organization/role-words';
import { useProjectName } from '#web/portal/organization/use-projects';

const keysOf = ({ keys }: { keys: ApiKey[] }) => keys;

/** Who calls the API: keys with what they may do, until when, and when they last did. */
export function KeysPage() {
  const { t } = useLingui();
  const scope = useScope();
  const mayWrite = scope.may('keys:write');
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<NewApiKey>();
  const [rotated, setRotated] = useState<ApiKey>();
  const [revoked, setRevoked] = useState<ApiKey>();
  const list = useInfiniteQuery({ ...listKeysInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(keysOf) });
  const projectName = useProjectName();
  const roleName = useRoleName();
  const mayWord = (scopes: readonly string[]) => {
    const role = roleWithScopes(scopes);
    return role ? roleName(role) : scopes.join(', ');
  };
  const create = (
    <Button onClick={() => setNew(true)}>
      <Trans>Create API key</Trans>
    </Button>
  );
  const columns: Column<ApiKey>[] = [
    {
      id: 'name',
      header: t`Name`,
      isKey: true,
      cell: ({ name, prefix }) => (
        <>
          {name} <code title={t`Begins with`}>{prefix}…</code>
        </>
      ),
    },
    { id: 'scopes', header: t`May`, widthPx: 130, cell: ({ scopes }) => <span title={scopes.join('\n')}>{mayWord(scopes)}</span> },
    {
      id: 'project',
      header: t`Project`,
      widthPx: 130,
      cell: ({ projectId }) => projectName(projectId),
    },
    {
      id: 'used',
      header: t`Last used`,
      widthPx: 120,
      isKey: true,
      cell: ({ lastUsedAt }) => (lastUsedAt ? <Time at={lastUsedAt} /> : t`never`),
    },
    { id: 'state', header: t`State`, widthPx: 245, isKey: true, cell: (key) => <KeyState apiKey={key} /> },
    ...(mayWrite
      ? [
          {
            id: 'acts',
            header: t`Actions`,
            widthPx: 155,
            isKey: true,
            cell: (key: ApiKey) =>
              key.revokedAt === null && (
                <Group gap={4} wrap="nowrap">
                  <Button variant="subtle" size="compact-sm" onClick={() => setRotated(key)} aria-label={t`Rotate key ${key.name}`}>
                    <Trans>Rotate</Trans>
                  </Button>
                  <Button
                    variant="subtle"
                    color="danger"
                    size="compact-sm"
                    onClick={() => setRevoked(key)}
                    aria-label={t`Revoke key ${key.name}`}
                  >
                    <Trans>Revoke</Trans>
                  </Button>
                </Group>
              ),
          },
        ]
      : []),
  ];
  return (
    <Page title={t`API keys`} actions={mayWrite && create}>
      <DeveloperSections />
      <RowList
        list={list}
        label={t`API keys`}
        rows={rowsOfPages(list.data, keysOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty
            title={t`No API key yet`}
            action={mayWrite && create}
            sample={`curl ${location.origin}/api/v1/generations -H "Authorization: Bearer $HALOGEN_API_KEY"`}
          >
            <Trans>An API key lets a program act for this tenant, with the scopes it is given and no more.</Trans>
          </Empty>
        }
      />
      {isNew && <NewKeyDialog close={() => setNew(false)} made={setMade} />}
      {made && (
        <SecretDialog title={t`API key ${made.name}`} secret={made.key} close={() => setMade(undefined)}>
          <Trans>Programs send it as a bearer token.</Trans>
        </SecretDialog>
      )}
      {rotated && <RotateDialog apiKey={rotated} close={() => setRotated(undefined)} made={setMade} />}
      {revoked && <RevokeDialog apiKey={revoked} close={() => setRevoked(undefined)} />}
    </Page>
  );
}

function KeyState({ apiKey: { revokedAt, expiresAt } }: { apiKey: ApiKey }) {
  const { t } = useLingui();
  const now = new Date();
  if (revokedAt && new Date(revokedAt) <= now) {
    return (
      <Chip glyph="⊘">
        {t`revoked`} <Time at={revokedAt} />
      </Chip>
    );
  }
  if (revokedAt) {
    return (
      <Chip glyph="◔">
        {t`works until`} <Time at={revokedAt} isInstant />
      </Chip>
    );
  }
  if (!expiresAt) return <Chip glyph="✓">{t`works`}</Chip>;
  return (
    <Chip glyph={new Date(expiresAt) <= now ? '⊘' : '✓'}>
      {new Date(expiresAt) <= now ? t`expired` : t`works until`} <Time at={expiresAt} isInstant />
    </Chip>
  );
}

const OVERLAPS_S = [0, 3_600, 86_400, 604_800, 2_592_000] as const;

function RotateDialog({ apiKey: { id, name }, close, made }: { apiKey: ApiKey; close(): void; made(key: NewApiKey): void }) {
  const { t } = useLingui();
  const [overlapSeconds, setOverlap] = useState(86_400);
  const words = [t`not at all`, t`1 hour`, t`1 day`, t`7 days`, t`30 days`];
  const rotate = useAct({
    act: async () => (await rotateKey({ path: { id }, body: { overlapSeconds }, throwOnError: true })).data,
    done: null,
    isInForm: true,
    after: (key) => {
      close();
      made(key);
    },
  });
  return (
    <FormDialog close={close} title={t`Rotate key ${name}`} verb={t`Rotate key`} act={rotate}>
      <Trans>A new key takes its place and may do the same. Both work for the overlap.</Trans>
      <Select
        label={t`The old key goes on working`}
        data={OVERLAPS_S.map((seconds, at) => ({ value: String(seconds), label: words[at] ?? '' }))}
        value={String(overlapSeconds)}
        onChange={(value) => value && setOverlap(Number(value))}
        allowDeselect={false}
      />
    </FormDialog>
  );
}

function RevokeDialog({ apiKey: { id, name, lastUsedAt }, close }: { apiKey: ApiKey; close(): void }) {
  const { t } = useLingui();
  const revoke = useAct({ act: () => revokeKey({ path: { id }, throwOnError: true }), done: t`Revoked the key ${name}`, after: close });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Revoke key ${name}`}
      verb={t`Revoke key`}
      confirm={() => revoke.mutate(undefined)}
      isPending={revoke.isPending}
    >
      <Trans>Programs that use it are refused within five seconds, for good.</Trans>{' '}
      {lastUsedAt ? (
        <>
          <Trans>It was last used:</Trans> <Time at={lastUsedAt} />
        </>
      ) : (
        <Trans>It was never used.</Trans>
      )}
    </ConfirmDialog>
  );
}
