import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getSettingsOptions } from '#sdk/@tanstack/react-query.gen';
import { updateSettings } from '#sdk/sdk.gen';
import type { TenantSettings } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Note, Panel } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { OrganizationSections } from '#web/portal/organization/organization-sections';
import { ownSettings, SettingsFields, settingsBody } from '#web/portal/organization/settings-fields';

/** What the agency sets once, and a brand takes over or sets for itself. */
export function SettingsPage() {
  const { t } = useLingui();
  const { tenantId, brand } = useScope();
  const { data, error, refetch } = useQuery(getSettingsOptions({ path: { id: tenantId } }));
  return (
    <Page title={t`Settings`} width="form">
      <OrganizationSections />
      {error && <ErrorPanel error={error as unknown as Error} what={t`Settings`} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Panel title={brand ? t`For every project of this brand` : t`For every brand and project`}>
          <Note>
            {brand ? (
              <Trans>
                The brand takes over what its agency sets, until it sets it here. Its projects take over what holds here, until they set it
                themselves.
              </Trans>
            ) : (
              <Trans>Brands and projects take over what is set here, until they set it themselves. It holds at once.</Trans>
            )}
          </Note>
          <Form key={`${tenantId} ${JSON.stringify(data)}`} tenantId={tenantId} saved={data} />
        </Panel>
      )}
    </Page>
  );
}

function Form({ tenantId, saved: { settings, sources, inherited } }: { tenantId: string; saved: TenantSettings }) {
  const { t } = useLingui();
  const mayWrite = useScope().may('tenants:write');
  const [own, setOwn] = useState(() => ownSettings(settings, sources, 'tenant'));
  const save = useAct({
    act: () => updateSettings({ path: { id: tenantId }, body: settingsBody(own), throwOnError: true }),
    done: t`Saved the settings`,
    isInForm: true,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <fieldset disabled={!mayWrite} style={{ border: 0, margin: 0, padding: 0 }}>
        <Stack gap="sm" mt="md">
          <SettingsFields own={own} change={setOwn} inherited={inherited} sources={sources} />
          {save.error && (
            <div role="alert">
              <Note>{save.error.message}</Note>
            </div>
          )}
          {mayWrite && (
            <Button type="submit" loading={save.isPending} style={{ alignSelf: 'start' }}>
              <Trans>Save settings</Trans>
            </Button>
          )}
        </Stack>
      </fieldset>
    </form>
  );
}
