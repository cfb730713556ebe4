import { Trans, useLingui } from '@lingui/react/macro';
import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import type { Place } from '#web/parts/shell/navigation';
import { PersonMenu } from '#web/parts/shell/person-menu';
import styles from '#web/parts/shell/shell.module.css';
import { ShortcutsDialog, useGoTo } from '#web/parts/shell/shortcuts';
import { StaleStrip } from '#web/parts/states/stale-strip';

interface ShellProps {
  places: readonly Place[];
  /** Where a place is in the present scope. */
  hrefOf(page: string): string;
  /** The scope switch, or what stands in its place. */
  scope: ReactNode;
  /** More that Ctrl K offers besides the places. */
  commands?: { label: string; description?: string; run(): void }[];
}

/** What surrounds every page: skip link, scope, navigation (a drawer below 768 px), commands and shortcuts. */
export function Shell({ places, hrefOf, scope, commands = [] }: ShellProps) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [isOpen, drawer] = useDisclosure();
  const [isHelpOpen, help] = useDisclosure();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a navigation closes the drawer
  useEffect(() => drawer.close(), [path]);
  useGoTo(places, (page) => void navigate({ to: hrefOf(page) }), help.open);

  const side = (
    <>
      {scope}
      <button type="button" className={styles.wide} onClick={spotlight.open}>
        <span>
          <Trans>Search and commands</Trans>
        </span>
        <small>Ctrl K</small>
      </button>
      <nav aria-label={t`Main`}>
        <ul className={styles.navigation}>
          {places.map(({ page, word }) => (
            <li key={page}>
              <Link to={hrefOf(page)} className={styles.link} activeOptions={{ exact: page === '/', includeSearch: false }}>
                {t(word)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className={styles.foot}>
        <PersonMenu showShortcuts={help.open} />
      </div>
    </>
  );
  const actions = [
    ...places.map(({ page, word }) => ({ id: page, label: t(word), onClick: () => void navigate({ to: hrefOf(page) }) })),
    ...commands.map(({ label, description, run }) => ({ id: label, label, description, onClick: run })),
  ];
  return (
    <>
      <a href="#main" className={styles.skip}>
        <Trans>Skip to content</Trans>
      </a>
      <div className={styles.shell}>
        <aside className={styles.side} aria-label={t`Scope and navigation`}>
          {side}
        </aside>
        <header className={styles.top}>
          <ActionIcon onClick={drawer.open} aria-label={t`Open navigation`} size={44} color="gray">
            ☰
          </ActionIcon>
          <strong>Halogen</strong>
        </header>
        <main id="main" tabIndex={-1} className={styles.main}>
          <StaleStrip />
          <Outlet />
        </main>
      </div>
      <Drawer
        opened={isOpen}
        onClose={drawer.close}
        size={280}
        title="Halogen"
        closeButtonProps={{ 'aria-label': t`Close navigation`, size: 44 }}
      >
        <div className={styles.foot}>{side}</div>
      </Drawer>
      <Spotlight
        actions={actions}
        shortcut="mod + K"
        nothingFound={t`Nothing found`}
        searchProps={{ placeholder: t`Search`, 'aria-label': t`Search` }}
        highlightQuery
      />
      <ShortcutsDialog opened={isHelpOpen} close={help.close} places={places} />
    </>
  );
}
