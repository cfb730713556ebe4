import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { listWebhookEndpointsOptions } from '#sdk/@tanstack/react-query.gen';
import { createWebhookEndpoint } from '#sdk/sdk.gen';
import type { WebhookEndpoint, WebhookEndpointWithSecret } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { SecretDialog } from '#web/parts/dialog/secret-dialog';
import { Time } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { DeveloperSections } from '#web/portal/developers/developer-sections';
import { type EndpointDraft, EndpointFields, NEW_ENDPOINT, settingsOf } from '#web/portal/developers/endpoint-fields';
import { EndpointState } from '#web/portal/developers/endpoint-state';
import { useProjectName } from '#web/portal/organization/use-projects';

/** Where events are sent. */
export function WebhooksPage() {
  const { t } = useLingui();
  const scope = useScope();
  const mayWrite = scope.may('webhooks:write');
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<WebhookEndpointWithSecret>();
  const projectName = useProjectName();
  const endpoints = useQuery(listWebhookEndpointsOptions());
  const add = (
    <Button onClick={() => setNew(true)}>
      <Trans>Add endpoint</Trans>
    </Button>
  );
  const columns: Column<WebhookEndpoint>[] = [
    {
      id: 'url',
      header: t`Endpoint`,
      isKey: true,
      cell: ({ id, url }) => (
        <Anchor component={Link} to={scope.path(`/developers/webhooks/${id}`)}>
          {url}
        </Anchor>
      ),
    },
    { id: 'events', header: t`Events`, widthPx: 240, isKey: true, cell: ({ eventTypes }) => eventTypes?.join(', ') ?? t`all` },
    { id: 'project', header: t`Project`, widthPx: 150, cell: ({ projectId }) => projectName(projectId) },
    { id: 'state', header: t`State`, widthPx: 230, isKey: true, cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
    { id: 'created', header: t`Created`, widthPx: 170, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return (
    <Page title={t`Webhooks`} actions={mayWrite && add}>
      <DeveloperSections />
      <RowList
        list={{ ...endpoints, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => {} }}
        label={t`Endpoints`}
        rows={endpoints.data?.endpoints ?? []}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No endpoint yet`} action={mayWrite && add}>
            <Trans>An endpoint is a URL of yours that hears what happens: a generation completed, credits are low, a key was made.</Trans>
          </Empty>
        }
      />
      {isNew && <NewEndpointDialog close={() => setNew(false)} made={setMade} />}
      {made?.secret && (
        <SecretDialog title={t`Signing secret`} secret={made.secret} close={() => setMade(undefined)}>
          <Trans>Verify each delivery with it, as Standard Webhooks has it.</Trans>
        </SecretDialog>
      )}
    </Page>
  );
}

function NewEndpointDialog({ close, made }: { close(): void; made(endpoint: WebhookEndpointWithSecret): void }) {
  const { t } = useLingui();
  const [draft, setDraft] = useState<EndpointDraft>(NEW_ENDPOINT);
  const create = useAct({
    act: async () => (await createWebhookEndpoint({ body: { ...settingsOf(draft), projectId: draft.projectId }, throwOnError: true })).data,
    done: null,
    isInForm: true,
    after: (endpoint) => {
      close();
      made(endpoint);
    },
  });
  return (
    <FormDialog close={close} title={t`Add endpoint`} verb={t`Add endpoint`} act={create}>
      <EndpointFields draft={draft} change={setDraft} isNew />
    </FormDialog>
  );
}
