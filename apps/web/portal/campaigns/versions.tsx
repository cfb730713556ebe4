import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Button, Textarea, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { listRowVersionsOptions } from '#sdk/@tanstack/react-query.gen';
import { regenerateRow } from '#sdk/sdk.gen';
import type { BatchRow } from '#sdk/types.gen';
import { StateChip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import styles from '#web/parts/review/review.module.css';
import { ReviewChip } from '#web/parts/review/review-chip';
import { Stage } from '#web/parts/review/stage';
import { useScope } from '#web/parts/scope/scope';

const RENEWED_EVERY_MS = 2_000;

/** The versions of a row side by side, and a new one with a note. They are asked for when somebody looks. */
export function Versions({ campaignId, result }: { campaignId: string; result: BatchRow }) {
  const { t } = useLingui();
  const mayWrite = useScope().may('generations:write');
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [note, setNote] = useState('');
  const path = { id: campaignId, row: String(result.row) };
  const options = listRowVersionsOptions({ path });
  const { data } = useQuery({
    ...options,
    enabled: isOpen,
    refetchInterval: ({ state }) => (state.data?.versions.some(({ state: one }) => isUnfinished(one)) ? RENEWED_EVERY_MS : false),
  });
  const make = useMutation({
    mutationFn: () => regenerateRow({ path, body: { ...(note.trim() && { note }) }, throwOnError: true }),
    onSuccess: ({ data: { version } }) => {
      setNote('');
      notifications.show({ message: t`Version ${version} of row ${result.row} asked for` });
      void client.invalidateQueries({ queryKey: options.queryKey });
    },
    onError: ({ message }) => notifications.show({ message, color: 'danger' }),
  });
  return (
    <section aria-label={t`Versions`} className={styles.panel}>
      <Title order={2}>
        <Trans>Versions</Trans>
      </Title>
      <Button variant="default" onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>
        {isOpen ? <Trans>Hide versions</Trans> : <Plural value={result.versions} one="Show # version" other="Show # versions" />}
      </Button>
      {isOpen && data && (
        <ol className={styles.list} reversed>
          {data.versions.map((version) => (
            <li key={version.generationId}>
              {version.assets ? <Stage result={version} state={version.review} isMain={false} /> : <StateChip state={version.state} />}
              <p className={styles.quiet}>
                {version.askedBy && <strong>{version.askedBy} </strong>}
                <Time at={version.createdAt} /> {version.note}
              </p>
              {version.assets && <ReviewChip state={version.review} />}
            </li>
          ))}
        </ol>
      )}
      {mayWrite && isOpen && (
        <div className={styles.comment}>
          <Textarea
            label={t`Note for the next version`}
            description={t`Is added to the prompt`}
            maxLength={500}
            value={note}
            onChange={({ currentTarget }) => setNote(currentTarget.value)}
          />
          <div className={styles.bar}>
            <Button variant="default" onClick={() => make.mutate()} loading={make.isPending}>
              <Trans>Regenerate row</Trans>
            </Button>
            <span className={styles.quiet}>
              <Trans>
                <Credits value={result.priceCredits} /> credits, as the row itself
              </Trans>
            </span>
          </div>
        </div>
      )}
    </section>
  );
}

function isUnfinished(state: string): boolean {
  return state === 'queued' || state === 'admitted' || state === 'running';
}
