import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SetupLinkState } from '#core/access/setup-link';
import { listSetupLinksOptions } from '#sdk/@tanstack/react-query.gen';
import { createSetupLink, revokeSetupLink } from '#sdk/sdk.gen';
import type { SetupLink } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { NameDialog } from '#web/parts/dialog/name-dialog';
import { SecretDialog } from '#web/parts/dialog/secret-dialog';
import { Time } from '#web/parts/figures/figures';
import { Note, Part } from '#web/parts/panel/panel';
import { PlainTable } from '#web/parts/table/plain-table';

const STATES: Readonly<Record<SetupLinkState, { glyph: string; word: MessageDescriptor }>> = {
  unused: { glyph: '○', word: msg`not opened` },
  open: { glyph: '◐', word: msg`opened` },
  revoked: { glyph: '⊘', word: msg`revoked` },
  expired: { glyph: '⊘', word: msg`expired` },
};

/** Links for the customer's IT. */
export function SetupLinksPanel({ mayWrite }: { mayWrite: boolean }) {
  const { t } = useLingui();
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<{ name: string; url: string }>();
  const links = useQuery(listSetupLinksOptions()).data?.links ?? [];
  const revoke = useAct({
    act: (id: string) => revokeSetupLink({ path: { id }, throwOnError: true }),
    done: t`Revoked the set-up link`,
  });
  const actsOf = ({ id, name, state }: SetupLink) =>
    mayWrite &&
    (state === 'unused' || state === 'open') && (
      <Button key="acts" variant="subtle" color="danger" size="compact-sm" onClick={() => revoke.mutate(id)} aria-label={t`Revoke ${name}`}>
        <Trans>Revoke</Trans>
      </Button>
    );
  return (
    <Part
      title={t`Set-up links`}
      actions={
        mayWrite && (
          <Button variant="default" onClick={() => setNew(true)}>
            <Trans>Create set-up link</Trans>
          </Button>
        )
      }
    >
      <Note>
        <Trans>
          Your IT sets sign-in up by such a link without an account. It opens once, lasts at most seven days, and does nothing else.
        </Trans>
      </Note>
      {links.length > 0 && (
        <PlainTable
          label={t`Set-up links`}
          heads={[t`For`, t`State`, t`Until`, t`Actions`]}
          rows={links.map((link) => [
            link.name,
            <Chip key="state" glyph={STATES[link.state].glyph}>
              {t(STATES[link.state].word)}
            </Chip>,
            <Time key="until" at={link.expiresAt} />,
            actsOf(link),
          ])}
        />
      )}
      {isNew && (
        <NameDialog
          close={() => setNew(false)}
          verb={t`Create set-up link`}
          act={async (name) => (await createSetupLink({ body: { name }, throwOnError: true })).data}
          done={(name) => t`Created a set-up link for ${name}`}
          after={({ name, url }) => {
            setNew(false);
            setMade({ name, url });
          }}
        />
      )}
      {made && (
        <SecretDialog title={t`Set-up link for ${made.name}`} secret={made.url} close={() => setMade(undefined)}>
          <Trans>Whoever opens it first can set up how your people sign in. Send it to one person.</Trans>
        </SecretDialog>
      )}
    </Part>
  );
}
