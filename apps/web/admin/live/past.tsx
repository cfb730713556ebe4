import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import styles from '#web/admin/live/live.module.css';
import type { useUrl } from '#web/admin/panel/search';
import { formatInstant } from '#web/parts/figures/format';
import { useLanguage } from '#web/parts/words/language';

const MINUTE_MS = 60_000;
const KEPT_MINUTES = 24 * 60;

/** Which moment is shown: now, or one of the last day. */
export function Past({ at, change }: { at: string | undefined; change: ReturnType<typeof useUrl>[1] }) {
  const { t } = useLingui();
  const language = useLanguage();
  const [now] = useState(() => Math.floor(Date.now() / MINUTE_MS));
  const [draft, setDraft] = useState<number>();
  const minute = draft ?? (at === undefined ? KEPT_MINUTES : Math.round(Date.parse(at) / MINUTE_MS) - now + KEPT_MINUTES);
  const instant = new Date((now - KEPT_MINUTES + minute) * MINUTE_MS);
  const text = minute >= KEPT_MINUTES ? t`Now` : formatInstant(instant, new Date(), language);
  const commit = () => {
    if (draft !== undefined) change({ at: draft >= KEPT_MINUTES ? null : instant.toISOString() });
    setDraft(undefined);
  };
  return (
    <div className={styles.past}>
      <label className={styles.slider}>
        <span>
          <Trans>Moment shown</Trans>: <strong>{text}</strong>
        </span>
        <input
          type="range"
          min={0}
          max={KEPT_MINUTES}
          value={minute}
          aria-valuetext={text}
          onChange={({ currentTarget }) => setDraft(Number(currentTarget.value))}
          onPointerUp={commit}
          onKeyUp={commit}
          onBlur={commit}
        />
      </label>
      {at !== undefined && (
        <Button variant="default" onClick={() => change({ at: null })}>
          <Trans>Back to now</Trans>
        </Button>
      )}
    </div>
  );
}
