import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { listSignInConnectionsOptions } from '#sdk/@tanstack/react-query.gen';
import { releaseSignInDomain } from '#sdk/sdk.gen';
import type { SignInDomain } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { Note, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { CertificateWarning } from '#web/parts/sign-in/certificates';
import { ChooseProvider } from '#web/parts/sign-in/choose-provider';
import { DomainsPanel } from '#web/parts/sign-in/domains-panel';
import { ConnectionChip } from '#web/parts/sign-in/state-panel';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { OrganizationSections } from '#web/portal/organization/organization-sections';
import { SetupLinksPanel } from '#web/portal/organization/setup-links-panel';

/** How the people of the organization sign in. */
export function SignInSettingsPage() {
  const { t } = useLingui();
  const mayWrite = useScope().may('tenants:write');
  const [released, setReleased] = useState<SignInDomain>();
  return (
    <Page title={t`Sign-in`}>
      <OrganizationSections />
      <Connections mayWrite={mayWrite} />
      <DomainsPanel mayWrite={mayWrite} release={setReleased} />
      <SetupLinksPanel mayWrite={mayWrite} />
      {released && <ReleaseDialog domain={released.domain} close={() => setReleased(undefined)} />}
    </Page>
  );
}

function Connections({ mayWrite }: { mayWrite: boolean }) {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const [isNew, setNew] = useState(false);
  const { data, error, refetch } = useQuery(listSignInConnectionsOptions());
  const pathOf = (id: string) => scope.path(`/organization/sign-in/${id}`);
  return (
    <Part
      title={t`Connections`}
      actions={
        mayWrite && (
          <Button onClick={() => setNew(true)}>
            <Trans>Add connection</Trans>
          </Button>
        )
      }
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Connections`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={2} heightPx={36} />}
      {data?.connections.map(({ id, name, tested }) => (
        <CertificateWarning key={id} of={name} certificates={tested?.certificates ?? []} />
      ))}
      {data && data.connections.length > 0 && (
        <PlainTable
          label={t`Connections`}
          heads={[t`Name`, t`State`, t`Identity provider`]}
          rows={data.connections.map(({ id, name, state, tested, edited }) => [
            <Anchor key="name" component={Link} to={pathOf(id)}>
              {name}
            </Anchor>,
            <ConnectionChip key="state" state={state} />,
            (tested ?? edited)?.issuer ?? t`not entered yet`,
          ])}
        />
      )}
      {data?.connections.length === 0 && (
        <Note>
          <Trans>No identity provider is connected yet. Add one here, or send a set-up link to your IT.</Trans>
        </Note>
      )}
      {isNew && <ChooseProvider after={(id) => void navigate({ to: pathOf(id) })} />}
    </Part>
  );
}

function ReleaseDialog({ domain, close }: { domain: string; close(): void }) {
  const { t } = useLingui();
  const release = useAct({
    act: () => releaseSignInDomain({ path: { domain }, throwOnError: true }),
    done: t`Released ${domain}`,
    after: close,
  });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Release ${domain}`}
      verb={t`Release domain`}
      confirm={() => release.mutate(undefined)}
      isPending={release.isPending}
    >
      <Trans>Nobody with an address of this domain signs in by your identity provider any more. Sessions go on.</Trans>
    </ConfirmDialog>
  );
}
