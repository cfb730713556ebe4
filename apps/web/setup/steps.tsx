import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listSignInConnectionsOptions } from '#sdk/@tanstack/react-query.gen';
import type { SignInConnection } from '#sdk/types.gen';
import { Panel } from '#web/parts/panel/panel';
import { Certificates } from '#web/parts/sign-in/certificates';
import { ChooseProvider } from '#web/parts/sign-in/choose-provider';
import { DomainsPanel } from '#web/parts/sign-in/domains-panel';
import { ProviderForm } from '#web/parts/sign-in/provider-form';
import { ProviderSteps } from '#web/parts/sign-in/provider-steps';
import { ConnectionChip, StatePanel } from '#web/parts/sign-in/state-panel';
import { TestPanel } from '#web/parts/sign-in/test-panel';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import type { Step } from '#web/setup/setup-page';

interface StepProps {
  step: Step;
  /** The one that is being set up; without one the first there is. */
  connectionId: string | undefined;
  choose(connectionId: string): void;
}

/** What there is to do at a step. */
export function StepContent({ step, connectionId, choose }: StepProps) {
  const { data, error, refetch } = useQuery(listSignInConnectionsOptions());
  if (step === 'domain') return <DomainsPanel mayWrite />;
  if (error) return <ErrorPanel error={error as unknown as Error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const { connections } = data;
  const connection = connections.find(({ id }) => id === connectionId) ?? connections[0];
  if (step === 'provider' || !connection) return <Provider connections={connections} choose={choose} />;
  if (step === 'values') {
    return (
      <div style={{ display: 'grid', gap: 16 }}>
        <ProviderSteps connection={connection} />
        <ProviderForm key={connection.id} connection={connection} />
        <Certificates connection={connection} />
      </div>
    );
  }
  return step === 'test' ? <TestPanel connection={connection} /> : <StatePanel connection={connection} />;
}

function Provider({ connections, choose }: { connections: readonly SignInConnection[]; choose(id: string): void }) {
  const { t } = useLingui();
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {connections.length > 0 && (
        <Panel title={t`Connections`}>
          <ul style={{ listStyle: 'none', padding: 0, margin: 0, display: 'grid', gap: 8 }}>
            {connections.map(({ id, name, state }) => (
              <li key={id} style={{ display: 'flex', gap: 12, flexWrap: 'wrap', alignItems: 'center' }}>
                <span>{name}</span> <ConnectionChip state={state} />
                <Button variant="default" size="compact-sm" onClick={() => choose(id)} aria-label={t`Continue with ${name}`}>
                  <Trans>Continue</Trans>
                </Button>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <ChooseProvider after={choose} />
    </div>
  );
}
