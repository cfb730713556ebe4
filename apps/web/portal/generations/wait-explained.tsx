import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { getGenerationMetersOptions } from '#sdk/@tanstack/react-query.gen';
import { formatSpan } from '#web/parts/figures/format';
import { changeWord, waitWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';

const WAIT_ASKED_EVERY_MS = 5_000;
const SOONER = 'starts-sooner-by';

/** Why it waits, when it will start (an interval, never a point), and what would let it start sooner. */
export function WaitExplained({ id }: { id: string }) {
  const { t } = useLingui();
  const { data } = useQuery({ ...getGenerationMetersOptions({ path: { id } }), refetchInterval: WAIT_ASKED_EVERY_MS });
  const wait = data?.wait;
  if (!wait) return null;
  const { position, startP50, startP90, wouldChange } = wait;
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
      {wouldChange.length > 0 && (
        <>
          <p id={SOONER}>
            <Trans>Would let it start sooner:</Trans>
          </p>
          <ul aria-labelledby={SOONER}>
            {wouldChange.map(({ change }) => (
              <li key={change}>{t(changeWord[change])}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function spanUntil(at: string): string {
  return formatSpan(Math.max(0, new Date(at).getTime() - Date.now()));
}
