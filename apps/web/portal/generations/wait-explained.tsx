import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { getGenerationMetersOptions } from '#sdk/@tanstack/react-query.gen';
import { formatSpan } from '#web/parts/figures/format';
import { waitWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';

const WAIT_ASKED_EVERY_MS = 5_000;

/** Why it waits and when it will start: an interval, never a point. */
export function WaitExplained({ id }: { id: string }) {
  const { t } = useLingui();
  const { data } = useQuery({ ...getGenerationMetersOptions({ path: { id } }), refetchInterval: WAIT_ASKED_EVERY_MS });
  const wait = data?.wait;
  if (!wait) return null;
  const { position, startP50, startP90 } = wait;
  return (
    <section className={styles.wait} aria-label={t`Why it waits`}>
      <p>
        <strong>{t(waitWord[wait.reason])}</strong>
      </p>
      {position !== null && (
        <p>
          <Trans>Position {position} in the queue.</Trans>
        </p>
      )}
      {startP50 && startP90 && (
        <p>
          <Trans>
            Starts in {spanUntil(startP50)} to {spanUntil(startP90)} (90 %).
          </Trans>
        </p>
      )}
    </section>
  );
}

function spanUntil(at: string): string {
  return formatSpan(Math.max(0, new Date(at).getTime() - Date.now()));
}
