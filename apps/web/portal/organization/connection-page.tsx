import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { listSignInConnectionsOptions } from '#sdk/@tanstack/react-query.gen';
import { removeSignInConnection } from '#sdk/sdk.gen';
import type { SignInConnection } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { Panels } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Certificates } from '#web/parts/sign-in/certificates';
import { ProviderForm } from '#web/parts/sign-in/provider-form';
import { ProviderSteps } from '#web/parts/sign-in/provider-steps';
import { StatePanel } from '#web/parts/sign-in/state-panel';
import { TestPanel } from '#web/parts/sign-in/test-panel';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { NotFound } from '#web/parts/states/not-found';
import { OrganizationSections } from '#web/portal/organization/organization-sections';

/** One identity provider: what to do there, what it says of itself, its test, and who signs in by it. */
export function ConnectionPage() {
  const { t } = useLingui();
  const { connectionId } = useParams({ strict: false }) as { connectionId: string };
  const mayWrite = useScope().may('tenants:write');
  const [isRemoving, setRemoving] = useState(false);
  const { data, error, refetch } = useQuery(listSignInConnectionsOptions());
  const connection = data?.connections.find(({ id }) => id === connectionId);
  if (error) return <ErrorPanel error={error as unknown as Error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  if (!connection) return <NotFound />;
  return (
    <Page
      title={connection.name}
      actions={
        mayWrite && (
          <Button variant="subtle" color="danger" onClick={() => setRemoving(true)}>
            <Trans>Remove connection</Trans>
          </Button>
        )
      }
    >
      <OrganizationSections />
      <Panels>
        {mayWrite && <StatePanel connection={connection} />}
        {mayWrite && <TestPanel connection={connection} />}
        <ProviderSteps connection={connection} />
        {mayWrite && <ProviderForm connection={connection} />}
        <Certificates connection={connection} />
      </Panels>
      {isRemoving && <RemoveDialog connection={connection} close={() => setRemoving(false)} title={t`Remove ${connection.name}`} />}
    </Page>
  );
}

function RemoveDialog({ connection: { id, name }, title, close }: { connection: SignInConnection; title: string; close(): void }) {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const remove = useAct({
    act: () => removeSignInConnection({ path: { id }, throwOnError: true }),
    done: t`Removed ${name}`,
    after: () => void navigate({ to: scope.path('/organization/sign-in') }),
  });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={title}
      verb={t`Remove connection`}
      confirm={() => remove.mutate(undefined)}
      isPending={remove.isPending}
    >
      <Trans>Nobody signs in by it any more. Sessions that are open go on.</Trans>
    </ConfirmDialog>
  );
}
