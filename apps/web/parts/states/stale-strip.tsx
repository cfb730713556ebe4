import { Trans } from '@lingui/react/macro';
import { useLiveState } from '#web/parts/live/live';
import styles from '#web/parts/states/panel.module.css';

/** Says that figures are no longer live, and since when. */
export function StaleStrip() {
  const { pausedSince } = useLiveState();
  if (!pausedSince) return null;
  const since = pausedSince.toISOString().slice(11, 19);
  return (
    <div className={styles.strip} role="status">
      <Trans>Live updates paused since {since} UTC, reconnecting</Trans>
    </div>
  );
}
