import { useLingui } from '@lingui/react/macro';
import type { Generation } from '#sdk/types.gen';
import { Panel, Panels } from '#web/parts/panel/panel';
import styles from '#web/portal/generations/generations.module.css';
import { shownBody } from '#web/portal/generations/shown-body';

/** What was asked for, and what the API answers to whoever asks for it now. */
export function Bodies({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  return (
    <Panels>
      <Panel title={t`Request`}>
        <pre className={styles.code} tabIndex={0}>
          {shownBody(generation.request)}
        </pre>
      </Panel>
      <Panel title={t`Response`}>
        <pre className={styles.code} tabIndex={0}>
          {shownBody(generation)}
        </pre>
      </Panel>
    </Panels>
  );
}
