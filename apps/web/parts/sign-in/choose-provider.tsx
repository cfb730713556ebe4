import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Radio, Stack } from '@mantine/core';
import { useState } from 'react';
import { PROVIDERS, type Provider } from '#core/access/connection';
import { createSignInConnection } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { Panel } from '#web/parts/panel/panel';
import { PROVIDER_GUIDES } from '#web/parts/sign-in/providers';

/** Begins a connection by saying whose it is. */
export function ChooseProvider({ after }: { after(connectionId: string): void }) {
  const { t } = useLingui();
  const [provider, setProvider] = useState<Provider>('okta');
  const create = useAct({
    act: async () => (await createSignInConnection({ body: { provider, name: PROVIDER_GUIDES[provider].name }, throwOnError: true })).data,
    done: t`Added the connection`,
    after: ({ id }) => after(id),
  });
  return (
    <Panel title={t`New connection`}>
      <Radio.Group label={t`Identity provider`} value={provider} onChange={(value) => setProvider(value as Provider)}>
        <Stack gap="xs" my="sm">
          {PROVIDERS.map((one) => (
            <Radio key={one} value={one} label={PROVIDER_GUIDES[one].name} />
          ))}
        </Stack>
      </Radio.Group>
      <Button onClick={() => create.mutate(undefined)} loading={create.isPending}>
        <Trans>Add connection</Trans>
      </Button>
    </Panel>
  );
}
