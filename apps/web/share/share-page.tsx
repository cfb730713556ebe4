import { Trans, useLingui } from '@lingui/react/macro';
import { Button, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { MAX_GUEST_NAME_CHARACTERS } from '#core/review/share-link';
import { getShared, openShare } from '#sdk/sdk.gen';
import type { Shared } from '#sdk/types.gen';
import { linkToken } from '#web/parts/api/link-token';
import { ProblemError } from '#web/parts/api/problem';
import { beginVisit } from '#web/parts/api/session';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import styles from '#web/share/share-page.module.css';
import { SharedCampaign } from '#web/share/shared-campaign';

export function rowOf({ row }: Record<string, unknown>): { row?: number } {
  return Number.isInteger(row) ? { row: row as number } : {};
}

/** A campaign as it is shown to guests: they say who they are, and look. */
export function SharePage() {
  const [token] = useState(linkToken);
  const [shared, setShared] = useState<Shared>();
  const begin = (opened: Shared) => {
    beginVisit(opened.csrfToken);
    setShared(opened);
  };
  if (shared) return <SharedCampaign shared={shared} />;
  return token ? <Entrance token={token} enter={begin} /> : <ComeBack enter={begin} />;
}

/** Whoever has opened the link in this browser before goes on. */
function ComeBack({ enter }: { enter(shared: Shared): void }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['shared'],
    retry: false,
    queryFn: async () => (await getShared({ throwOnError: true })).data,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once it is known
  useEffect(() => {
    if (data) enter(data);
  }, [data]);
  return <Front>{error ? <Refusal error={error} retry={() => void refetch()} /> : <Loading />}</Front>;
}

/** Asks for a name before anything is shown: comments carry it. */
function Entrance({ token, enter }: { token: string; enter(shared: Shared): void }) {
  const { t } = useLingui();
  const [name, setName] = useState('');
  const open = useMutation({
    mutationFn: async () => (await openShare({ body: { token, name }, throwOnError: true })).data,
    onSuccess: enter,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) open.mutate();
  };
  return (
    <Front>
      <form className={styles.entrance} onSubmit={submit}>
        <p>
          <Trans>You were sent results of a campaign to look at. No account is needed: say who you are.</Trans>
        </p>
        <TextInput
          label={t`Your name`}
          description={t`It stands beside what you say, and whoever sent the link sees it`}
          required
          autoComplete="name"
          maxLength={MAX_GUEST_NAME_CHARACTERS}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        {open.error && <Refusal error={open.error} retry={() => open.mutate()} />}
        <Button type="submit" loading={open.isPending}>
          <Trans>Open campaign</Trans>
        </Button>
      </form>
    </Front>
  );
}

function Front({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  useEffect(() => {
    document.title = `${t`Shared campaign`} · Halogen`;
  }, [t]);
  return (
    <main className={styles.front}>
      <Title order={1}>
        <Trans>Shared campaign</Trans>
      </Title>
      {children}
    </main>
  );
}

/** A link that does not open says what to do; everything else is shown as what it is. */
function Refusal({ error, retry }: { error: Error; retry(): void }) {
  if (!(error instanceof ProblemError) || ![401, 403].includes(error.status)) return <ErrorPanel error={error} retry={retry} />;
  return (
    <p role="alert">
      <Trans>
        This link cannot be used: it was revoked, has expired, or was opened in another browser. Ask whoever sent it for a new one.
      </Trans>
    </p>
  );
}
