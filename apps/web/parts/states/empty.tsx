import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from '#web/parts/states/panel.module.css';

/** Never used yet: one sentence what it is, one button, one code sample. Filtered to none: which filter, and "Clear filters". */
export function Empty({ title, children, action, sample }: { title: string; children: ReactNode; action?: ReactNode; sample?: string }) {
  return (
    <section className={styles.panel}>
      <Title order={2}>{title}</Title>
      <p>{children}</p>
      {action}
      {sample && (
        <pre className={styles.sample} tabIndex={0}>
          {sample}
        </pre>
      )}
    </section>
  );
}
