import { Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from '#web/parts/shell/page.module.css';

let isFirstPage = true;

/** A page: its one heading, what can be done from it, and its content. The heading takes the focus, so that a screen reader says where one is. */
export function Page({
  title,
  actions,
  width = 'full',
  children,
}: {
  title: string;
  actions?: ReactNode;
  width?: 'full' | 'form';
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Halogen`;
  }, [title]);
  useEffect(() => {
    if (!isFirstPage) heading.current?.focus({ preventScroll: true });
    isFirstPage = false;
  }, []);
  return (
    <div className={styles.page} data-width={width}>
      <header className={styles.header}>
        <Title order={1} tabIndex={-1} ref={heading}>
          {title}
        </Title>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
