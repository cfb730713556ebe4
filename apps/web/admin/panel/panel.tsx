import { Trans, useLingui } from '@lingui/react/macro';
import { Button, CopyButton, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { downloadCsv } from '#web/admin/panel/csv';
import styles from '#web/admin/panel/panel.module.css';
import { useUrl } from '#web/admin/panel/search';

interface PanelProps {
  /** Names it in links: the part of the URL after `#`, and the file of its CSV. */
  id: string;
  title: string;
  /** The metric of the same figures in Prometheus. */
  metric?: string;
  /** Rows under a row of names. */
  csv?(): readonly (readonly (string | number | null)[])[];
  /** The same as a table; without it the panel is one already. */
  table?(): ReactNode;
  controls?: ReactNode;
  children: ReactNode;
}

/** A part of a page that can be linked to, taken along as CSV, read as a table, and found again in Prometheus. */
export function Panel({ id, title, metric, csv, table, controls, children }: PanelProps) {
  const { t } = useLingui();
  const [{ tables = '' }, change] = useUrl();
  const shown = tables.split(',').filter(Boolean);
  const isTable = table !== undefined && shown.includes(id);
  const toggle = () => change({ tables: (isTable ? shown.filter((one) => one !== id) : [...shown, id]).join(',') });
  return (
    <section className={styles.panel} id={id} aria-label={title}>
      <header className={styles.head}>
        <Title order={2}>{title}</Title>
        {metric && <code className={styles.metric}>{metric}</code>}
        <div className={styles.tools}>
          {controls}
          {table && (
            <Button variant="default" size="compact-sm" onClick={toggle} aria-pressed={isTable} aria-label={t`View as table: ${title}`}>
              <Trans>View as table</Trans>
            </Button>
          )}
          {csv && (
            <Button variant="default" size="compact-sm" onClick={() => downloadCsv(id, csv())} aria-label={t`CSV: ${title}`}>
              CSV
            </Button>
          )}
          <CopyButton value={`${location.origin}${location.pathname}${location.search}#${id}`}>
            {({ copied, copy }) => (
              <Button variant="default" size="compact-sm" onClick={copy} aria-label={t`Link: ${title}`}>
                {copied ? <Trans>Copied</Trans> : <Trans>Link</Trans>}
              </Button>
            )}
          </CopyButton>
        </div>
      </header>
      {isTable ? table() : children}
    </section>
  );
}
