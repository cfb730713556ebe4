import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group, Select, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { listSignInConnectionsOptions, listSignInDomainsOptions } from '#sdk/@tanstack/react-query.gen';
import { assignSignInDomain, claimSignInDomain, verifySignInDomain } from '#sdk/sdk.gen';
import type { SignInDomain } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { clearButton } from '#web/parts/filter/clear-button';
import { Note, Part } from '#web/parts/panel/panel';
import styles from '#web/parts/panel/panel.module.css';
import { Values } from '#web/parts/sign-in/values';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';

/** How often an unproven domain is looked up while somebody watches. */
const LOOK_EVERY_MS = 15_000;

/** E-mail domains, each with the record that proves it. */
export function DomainsPanel({ mayWrite, release }: { mayWrite: boolean; release?(domain: SignInDomain): void }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(listSignInDomainsOptions());
  return (
    <Part title={t`E-mail domains`}>
      <Note>
        <Trans>
          People with an address of these domains sign in by your identity provider. A domain counts once its DNS has the record.
        </Trans>
      </Note>
      {mayWrite && <ClaimForm />}
      {error && <ErrorPanel error={error as unknown as Error} what={t`E-mail domains`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={2} heightPx={36} />}
      {data?.domains.map((domain) => (
        <Domain key={domain.domain} domain={domain} mayWrite={mayWrite} release={release} />
      ))}
    </Part>
  );
}

function ClaimForm() {
  const { t } = useLingui();
  const [domain, setDomain] = useState('');
  const claim = useAct({
    act: () => claimSignInDomain({ body: { domain }, throwOnError: true }),
    done: t`Added ${domain}`,
    isInForm: true,
    after: () => setDomain(''),
  });
  return (
    <form
      aria-label={t`Add domain`}
      onSubmit={(event) => {
        event.preventDefault();
        claim.mutate(undefined);
      }}
    >
      <Group align="end" gap="sm" my="sm">
        <TextInput
          label={t`Domain`}
          placeholder="acme.example"
          required
          error={claim.error?.message}
          value={domain}
          onChange={({ currentTarget }) => setDomain(currentTarget.value)}
        />
        <Button type="submit" loading={claim.isPending}>
          <Trans>Add domain</Trans>
        </Button>
      </Group>
    </form>
  );
}

function Domain({ domain, mayWrite, release }: { domain: SignInDomain; mayWrite: boolean; release?(domain: SignInDomain): void }) {
  const { t } = useLingui();
  const { domain: name, record, verifiedAt } = domain;
  const isProven = verifiedAt !== null;
  const look = useLookUp(name, mayWrite && !isProven);
  return (
    <section className={styles.panel} aria-label={name} style={{ marginTop: 12 }}>
      <div className={styles.head}>
        <h3 style={{ margin: 0 }}>{name}</h3>
        <div className={styles.actions}>
          <Chip glyph={isProven ? '✓' : '○'}>{isProven ? t`proven` : t`waiting for the record`}</Chip>
          {mayWrite && !isProven && (
            <Button size="compact-sm" variant="default" loading={look.isFetching} onClick={() => void look.refetch()}>
              <Trans>Check now</Trans>
            </Button>
          )}
          {mayWrite && release && (
            <Button size="compact-sm" variant="subtle" color="danger" onClick={() => release(domain)} aria-label={t`Release ${name}`}>
              <Trans>Release</Trans>
            </Button>
          )}
        </div>
      </div>
      {!isProven && (
        <>
          <Values
            values={[
              { name: t`Type`, value: record.type },
              { name: t`Name`, value: record.name },
              { name: t`Value`, value: record.value },
            ]}
          />
          <div role="status">{look.data && <Note>{look.data}</Note>}</div>
        </>
      )}
      {isProven && mayWrite && <ConnectionOf domain={domain} />}
    </section>
  );
}

/** Looks for the record again and again. @returns why it does not count yet */
function useLookUp(domain: string, isEnabled: boolean) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['look-up', domain],
    enabled: isEnabled,
    refetchInterval: LOOK_EVERY_MS,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      try {
        await verifySignInDomain({ path: { domain }, throwOnError: true });
        void client.invalidateQueries({ queryKey: listSignInDomainsOptions().queryKey });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    },
  });
}

/** Which connection its people use, where there are several. */
function ConnectionOf({ domain: { domain, connectionId } }: { domain: SignInDomain }) {
  const { t } = useLingui();
  const connections = useQuery(listSignInConnectionsOptions()).data?.connections ?? [];
  const assign = useAct({
    act: (id: string | null) => assignSignInDomain({ path: { domain }, body: { connectionId: id }, throwOnError: true }),
    done: t`Changed the connection of ${domain}`,
  });
  if (connections.length < 2) return null;
  return (
    <Select
      label={t`Connection of ${domain}`}
      placeholder={t`The enforced one, else the oldest`}
      {...clearButton(t`Clear connection`)}
      data={connections.map(({ id, name }) => ({ value: id, label: name }))}
      value={connectionId}
      onChange={(id) => assign.mutate(id)}
    />
  );
}
