import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Switch } from '@mantine/core';
import { useState } from 'react';
import type { ConnectionState } from '#core/access/connection';
import { changeSignInConnection } from '#sdk/sdk.gen';
import type { ChangeSignInConnectionData, SignInConnection } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { Note, Panel } from '#web/parts/panel/panel';
import styles from '#web/parts/panel/panel.module.css';

export const STATE_WORDS: Readonly<Record<ConnectionState, { glyph: string; word: MessageDescriptor }>> = {
  draft: { glyph: '○', word: msg`off` },
  optional: { glyph: '◐', word: msg`optional` },
  enforced: { glyph: '✓', word: msg`enforced` },
};

export function ConnectionChip({ state }: { state: ConnectionState }) {
  const { t } = useLingui();
  return <Chip glyph={STATE_WORDS[state].glyph}>{t(STATE_WORDS[state].word)}</Chip>;
}

/** Who signs in by the connection: nobody, whoever wants to, or everybody of its domains. */
export function StatePanel({
  connection: { id, kind, state, isOwnerTested, tested, allowsIdpInitiated },
}: {
  connection: SignInConnection;
}) {
  const { t } = useLingui();
  const [isAsking, setAsking] = useState(false);
  const change = useAct({
    act: (body: NonNullable<ChangeSignInConnectionData['body']>) => changeSignInConnection({ path: { id }, body, throwOnError: true }),
    done: t`Changed the connection`,
    isInForm: true,
    after: () => setAsking(false),
  });
  return (
    <Panel title={t`Turn on and enforce`} actions={<ConnectionChip state={state} />}>
      <Note>
        <Trans>
          Optional: people of your domains may sign in by it. Enforced: they cannot sign in any other way; only owners still can, by their
          password, which is audited and told to every owner.
        </Trans>
      </Note>
      {tested && !isOwnerTested && state !== 'enforced' && (
        <Note>
          <Trans>To enforce it, an owner of the organization has to pass the test of these settings.</Trans>
        </Note>
      )}
      {change.error && (
        <p role="alert" className={styles.refused}>
          {change.error.message}
        </p>
      )}
      <div className={styles.actions} style={{ marginTop: 12 }}>
        {state !== 'optional' && (
          <Button variant="default" loading={change.isPending} onClick={() => change.mutate({ state: 'optional' })}>
            {state === 'draft' ? <Trans>Turn on</Trans> : <Trans>Stop enforcing</Trans>}
          </Button>
        )}
        {state !== 'enforced' && (
          <Button loading={change.isPending} onClick={() => setAsking(true)}>
            <Trans>Enforce connection</Trans>
          </Button>
        )}
        {state === 'optional' && (
          <Button variant="subtle" color="danger" onClick={() => change.mutate({ state: 'draft' })}>
            <Trans>Turn off</Trans>
          </Button>
        )}
      </div>
      {kind === 'saml' && (
        <Switch
          mt="md"
          label={t`People may begin at the identity provider`}
          checked={allowsIdpInitiated}
          onChange={({ currentTarget }) => change.mutate({ allowsIdpInitiated: currentTarget.checked })}
        />
      )}
      {isAsking && (
        <ConfirmDialog
          opened
          close={() => setAsking(false)}
          title={t`Enforce connection`}
          verb={t`Enforce connection`}
          confirm={() => change.mutate({ state: 'enforced' }, { onSettled: () => setAsking(false) })}
          isPending={change.isPending}
        >
          <Trans>
            From now on people of its domains sign in by this connection alone. What they have open by another one ends; owners who came in
            by their password stay.
          </Trans>
        </ConfirmDialog>
      )}
    </Panel>
  );
}
