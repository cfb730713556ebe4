import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from '#web/parts/panel/panel.module.css';

/** Several panels beside each other where there is room. */
export function Panels({ children }: { children: ReactNode }) {
  return <div className={styles.panels}>{children}</div>;
}

interface MatterProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** One matter of a page, which stands and fails by itself. */
export function Panel(props: MatterProps) {
  return <Matter {...props} className={styles.panel} />;
}

/** A part of a page that needs no frame, such as a list. */
export function Part(props: MatterProps) {
  return <Matter {...props} className={styles.part} />;
}

function Matter({ title, actions, children, className }: MatterProps & { className?: string }) {
  return (
    <section className={className} aria-label={title}>
      <div className={styles.head}>
        <Title order={2}>{title}</Title>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

type Items = readonly (readonly [name: string, value: ReactNode])[];

/** A few numbers that matter most. */
export function Figures({ items }: { items: Items }) {
  return <Named items={items} className={styles.figures} isGrouped />;
}

/** Names and values, one below the other. */
export function Facts({ items }: { items: Items }) {
  return <Named items={items} className={styles.facts} />;
}

function Named({ items, className, isGrouped = false }: { items: Items; className?: string; isGrouped?: boolean }) {
  return (
    <dl className={className}>
      {items.map(([name, value]) => (
        <div key={name} style={isGrouped ? undefined : { display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A quiet sentence. */
export function Note({ children }: { children: ReactNode }) {
  return <p className={styles.note}>{children}</p>;
}

/** Controls above a list; what they say is in the URL. */
export function Filters({ label, children }: { label: string; children: ReactNode }) {
  return (
    <form className={styles.filters} aria-label={label} onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  );
}
