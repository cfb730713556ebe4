import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getWebhookEndpointOptions } from '#sdk/@tanstack/react-query.gen';
import {
  deleteWebhookEndpoint,
  disableWebhookEndpoint,
  enableWebhookEndpoint,
  rotateWebhookSecret,
  updateWebhookEndpoint,
} from '#sdk/sdk.gen';
import type { WebhookEndpoint } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { SecretDialog } from '#web/parts/dialog/secret-dialog';
import { Time } from '#web/parts/figures/figures';
import { Facts, Note, Panel } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { Deliveries } from '#web/portal/developers/deliveries';
import { draftOf, EndpointFields, settingsOf } from '#web/portal/developers/endpoint-fields';
import { disabledWord, EndpointState } from '#web/portal/developers/endpoint-state';
import { TestDialog } from '#web/portal/developers/test-dialog';
import { useProjectName } from '#web/portal/organization/use-projects';

/** One endpoint: what it asks for, whether it works, and all that was sent to it. */
export function EndpointPage() {
  const { t } = useLingui();
  const { endpointId } = useParams({ strict: false }) as { endpointId: string };
  const { data, error, refetch } = useQuery(getWebhookEndpointOptions({ path: { id: endpointId } }));
  const scope = useScope();
  return (
    <Page title={data?.url ?? t`Endpoint`} actions={data && scope.may('webhooks:write') && <Actions endpoint={data} />}>
      <p>
        <Anchor component={Link} to={scope.path('/developers/webhooks')}>
          <Trans>All endpoints</Trans>
        </Anchor>
      </p>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The endpoint`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={4} />}
      {data && <About endpoint={data} />}
      {data && <Deliveries endpointId={endpointId} />}
    </Page>
  );
}

function About({ endpoint }: { endpoint: WebhookEndpoint }) {
  const { t } = useLingui();
  const projectName = useProjectName();
  const { description, projectId, eventTypes, publicKey, headerNames, maxPerSecond, fifo, disabledReason, createdAt } = endpoint;
  return (
    <div style={{ marginBottom: 24 }}>
      <Panel title={t`Settings`}>
        <Facts
          items={[
            [t`State`, <EndpointState key="state" endpoint={endpoint} />],
            ...(disabledReason ? [[t`Why`, t(disabledWord[disabledReason])] as const] : []),
            ...(description ? [[t`Description`, description] as const] : []),
            [t`Project`, projectName(projectId)],
            [t`Events`, eventTypes?.join(', ') ?? t`all, also those to come`],
            [t`Signed by`, publicKey ? <code key="key">{publicKey}</code> : t`the signing secret (HMAC)`],
            ...(headerNames.length > 0 ? [[t`Headers`, headerNames.join(', ')] as const] : []),
            [t`Pace`, maxPerSecond === null ? t`as fast as it answers` : t`${maxPerSecond} a second at most`],
            [t`Order`, fifo ? t`one at a time, in order` : t`as they come`],
            [t`Created`, <Time key="created" at={createdAt} />],
          ]}
        />
      </Panel>
    </div>
  );
}

function Actions({ endpoint }: { endpoint: WebhookEndpoint }) {
  const { t } = useLingui();
  const [asked, setAsked] = useState<'test' | 'edit' | 'rotate' | 'delete'>();
  const path = { id: endpoint.id };
  const enable = useAct({ act: () => enableWebhookEndpoint({ path, throwOnError: true }), done: t`Enabled the endpoint` });
  const disable = useAct({ act: () => disableWebhookEndpoint({ path, throwOnError: true }), done: t`Disabled the endpoint` });
  const close = () => setAsked(undefined);
  return (
    <>
      <Button onClick={() => setAsked('test')}>
        <Trans>Send test event</Trans>
      </Button>
      <Button variant="default" onClick={() => setAsked('edit')}>
        <Trans>Edit endpoint</Trans>
      </Button>
      <Button variant="default" onClick={() => setAsked('rotate')}>
        <Trans>Rotate secret</Trans>
      </Button>
      {endpoint.state === 'enabled' ? (
        <Button variant="default" onClick={() => disable.mutate(undefined)} loading={disable.isPending}>
          <Trans>Disable endpoint</Trans>
        </Button>
      ) : (
        <Button variant="default" onClick={() => enable.mutate(undefined)} loading={enable.isPending}>
          <Trans>Enable endpoint</Trans>
        </Button>
      )}
      <Button variant="light" color="danger" onClick={() => setAsked('delete')}>
        <Trans>Delete endpoint</Trans>
      </Button>
      {asked === 'test' && <TestDialog endpointId={endpoint.id} close={close} />}
      {asked === 'edit' && <EditDialog endpoint={endpoint} close={close} />}
      {asked === 'rotate' && <RotateSecret endpoint={endpoint} close={close} />}
      {asked === 'delete' && <DeleteDialog endpoint={endpoint} close={close} />}
    </>
  );
}

interface DialogProps {
  endpoint: WebhookEndpoint;
  close(): void;
}

function EditDialog({ endpoint, close }: DialogProps) {
  const { t } = useLingui();
  const [draft, setDraft] = useState(() => draftOf(endpoint));
  const update = useAct({
    act: () => updateWebhookEndpoint({ path: { id: endpoint.id }, body: settingsOf(draft), throwOnError: true }),
    done: t`Saved the endpoint`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Edit endpoint`} verb={t`Save endpoint`} act={update}>
      <EndpointFields draft={draft} change={setDraft} />
    </FormDialog>
  );
}

/** Both secrets sign for a day, so that no delivery is refused meanwhile. */
function RotateSecret({ endpoint, close }: DialogProps) {
  const { t } = useLingui();
  const rotate = useAct({
    act: async () => (await rotateWebhookSecret({ path: { id: endpoint.id }, body: {}, throwOnError: true })).data,
    done: null,
  });
  if (rotate.data?.secret) {
    return (
      <SecretDialog title={t`New signing secret`} secret={rotate.data.secret} close={close}>
        <Trans>The one before goes on signing beside it for 24 hours.</Trans>
      </SecretDialog>
    );
  }
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Rotate secret`}
      verb={t`Rotate secret`}
      confirm={() => rotate.mutate(undefined)}
      isPending={rotate.isPending}
    >
      {rotate.data ? (
        <code>{rotate.data.publicKey}</code>
      ) : (
        <Trans>A new secret signs from now on, and the present one beside it for 24 hours.</Trans>
      )}
    </ConfirmDialog>
  );
}

function DeleteDialog({ endpoint, close }: DialogProps) {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const remove = useAct({
    act: () => deleteWebhookEndpoint({ path: { id: endpoint.id }, throwOnError: true }),
    done: t`Deleted the endpoint`,
    after: () => void navigate({ to: scope.path('/developers/webhooks') }),
  });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Delete endpoint`}
      verb={t`Delete endpoint`}
      confirm={() => remove.mutate(undefined)}
      isPending={remove.isPending}
    >
      <Note>{endpoint.url}</Note>
      <Trans>What was not delivered to it never will be, and its log goes with it.</Trans>
    </ConfirmDialog>
  );
}
