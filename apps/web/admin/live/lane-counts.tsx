import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { countStates } from '#web/admin/live/lane-map';
import { LaneSign } from '#web/admin/live/lane-sign';
import { LANE_WORDS } from '#web/admin/live/lane-words';
import type { LanesSource } from '#web/admin/live/lanes-source';
import styles from '#web/admin/live/live.module.css';
import { useLanguage } from '#web/parts/words/language';

/** How many lanes do what. The figures change in place. */
export function LaneCounts({ source }: { source: LanesSource }) {
  const { t } = useLingui();
  const language = useLanguage();
  const list = useRef<HTMLDListElement>(null);
  useEffect(() => {
    const show = () => {
      const counts = source.current ? countStates(source.current) : {};
      for (const figure of list.current?.querySelectorAll<HTMLElement>('[data-state]') ?? []) {
        figure.textContent = (counts[figure.dataset.state ?? ''] ?? 0).toLocaleString(language);
      }
    };
    return source.follow({ onPicture: show, onChange: show });
  }, [source, language]);
  return (
    <dl className={styles.counts} ref={list} aria-label={t`Lanes by state`}>
      {Object.entries(LANE_WORDS).map(([state, { word }]) => (
        <div key={state}>
          <dt>
            <LaneSign state={state} />
            {t(word)}
          </dt>
          <dd data-state={state}>–</dd>
        </div>
      ))}
    </dl>
  );
}
