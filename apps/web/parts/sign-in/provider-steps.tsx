import { useLingui } from '@lingui/react/macro';
import type { SignInConnection } from '#sdk/types.gen';
import { Panel } from '#web/parts/panel/panel';
import { PROVIDER_GUIDES } from '#web/parts/sign-in/providers';
import { Values } from '#web/parts/sign-in/values';

/** What to do at the provider, with each value to copy. */
export function ProviderSteps({ connection }: { connection: SignInConnection }) {
  const { t } = useLingui();
  const { name, steps, values } = PROVIDER_GUIDES[connection.provider];
  return (
    <Panel title={t`At ${name}`}>
      <ol style={{ paddingInlineStart: 20, marginTop: 0 }}>
        {steps.map((step) => (
          <li key={step.id}>{t(step)}</li>
        ))}
      </ol>
      <Values values={values(connection)} />
    </Panel>
  );
}
