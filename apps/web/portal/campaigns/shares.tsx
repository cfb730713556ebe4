import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ShareLinkState } from '#core/review/share-link';
import { listShareLinksOptions } from '#sdk/@tanstack/react-query.gen';
import { revokeShareLink } from '#sdk/sdk.gen';
import type { ListShareLinksResponse } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { SecretDialog } from '#web/parts/dialog/secret-dialog';
import { Time } from '#web/parts/figures/figures';
import { Note, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import { ShareDialog, shareWords } from '#web/portal/campaigns/share-dialog';

type Listed = ListShareLinksResponse['links'][number];

const STATES: Readonly<Record<ShareLinkState, { glyph: string; word: MessageDescriptor }>> = {
  open: { glyph: '◐', word: msg`open` },
  revoked: { glyph: '⊘', word: msg`revoked` },
  expired: { glyph: '⊘', word: msg`expired` },
};

/** Links by which guests see the results of a campaign, and who came by them. */
export function Shares({ campaignId }: { campaignId: string }) {
  const { t } = useLingui();
  const mayWrite = useScope().may('generations:write');
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<{ name: string; url: string }>();
  const { data, error, refetch } = useQuery(listShareLinksOptions({ path: { id: campaignId } }));
  const revoke = useAct({
    act: (link: string) => revokeShareLink({ path: { id: campaignId, link }, throwOnError: true }),
    done: t`Revoked the share link`,
  });
  return (
    <Part
      title={t`Share links`}
      actions={
        mayWrite && (
          <Button variant="default" onClick={() => setNew(true)}>
            <Trans>Create share link</Trans>
          </Button>
        )
      }
    >
      <Note>
        <Trans>
          Whoever has such a link sees results of this campaign without an account, and nothing else. It ends on its day, or when you revoke
          it.
        </Trans>
      </Note>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The share links`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && data.links.length > 0 && (
        <PlainTable
          label={t`Share links`}
          heads={[t`For`, t`State`, t`Shows`, t`Guests`, t`Until`, t`Actions`]}
          rows={data.links.map((link) => [
            link.name,
            <Chip key="state" glyph={STATES[link.state].glyph}>
              {t(STATES[link.state].word)}
            </Chip>,
            `${t(shareWords.results[link.results])}, ${t(shareWords.access[link.access])}`,
            <Guests key="guests" link={link} />,
            <Time key="until" at={link.expiresAt} />,
            mayWrite && link.state === 'open' && (
              <Button
                key="acts"
                variant="subtle"
                color="danger"
                size="compact-sm"
                onClick={() => revoke.mutate(link.id)}
                aria-label={t`Revoke ${link.name}`}
              >
                <Trans>Revoke</Trans>
              </Button>
            ),
          ])}
        />
      )}
      {isNew && (
        <ShareDialog
          campaignId={campaignId}
          close={() => setNew(false)}
          after={(link) => {
            setNew(false);
            setMade(link);
          }}
        />
      )}
      {made && (
        <SecretDialog title={t`Share link for ${made.name}`} secret={made.url} close={() => setMade(undefined)}>
          <Trans>Send it to whom it is for. Everybody who has it can open it.</Trans>
        </SecretDialog>
      )}
    </Part>
  );
}

/** Who opened a link; the newest one and how many more. */
function Guests({ link: { guests } }: { link: Listed }) {
  const [newest] = guests;
  const others = guests.length - 1;
  if (!newest) return <Trans>nobody yet</Trans>;
  return (
    <span title={guests.map(({ name }) => name).join(', ')}>
      {newest.name} <Time at={newest.openedAt} />
      {others > 0 && (
        <>
          {' '}
          <Trans>and {others} more</Trans>
        </>
      )}
    </span>
  );
}
