import { Trans, useLingui } from '@lingui/react/macro';
import { type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core';
import { useMe } from '#web/parts/api/session';
import { signOut } from '#web/parts/api/sign-in';
import styles from '#web/parts/shell/shell.module.css';
import { choose, LANGUAGES, type Language, useLanguage } from '#web/parts/words/language';

/** Who one is, how the pages look and speak, and the way out. */
export function PersonMenu({ showShortcuts }: { showShortcuts(): void }) {
  const { t } = useLingui();
  const me = useMe();
  const language = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes: [MantineColorScheme, string][] = [
    ['auto', t`As the system`],
    ['light', t`Light`],
    ['dark', t`Dark`],
  ];
  const name = me?.person.name ?? '';
  return (
    <Menu position="top-start" shadow="md" width={220}>
      <Menu.Target>
        <button type="button" className={styles.wide} aria-label={t`${name}: settings and sign-out`}>
          <span>{name}</span>
          <small aria-hidden>⋯</small>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me?.person.email}</Menu.Label>
        <Menu.Label>
          <Trans>Appearance</Trans>
        </Menu.Label>
        {schemes.map(([scheme, word]) => (
          <Menu.Item key={scheme} onClick={() => setColorScheme(scheme)} leftSection={<Mark on={colorScheme === scheme} />}>
            {word}
          </Menu.Item>
        ))}
        <Menu.Label>
          <Trans>Language</Trans>
        </Menu.Label>
        {Object.entries(LANGUAGES).map(([code, word]) => (
          <Menu.Item key={code} lang={code} onClick={() => void choose(code as Language)} leftSection={<Mark on={language === code} />}>
            {word}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={showShortcuts}>
          <Trans>Keyboard shortcuts</Trans>
        </Menu.Item>
        <Menu.Item onClick={() => void signOut()}>
          <Trans>Sign out</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Mark({ on }: { on: boolean }) {
  return <span aria-hidden>{on ? '●' : '○'}</span>;
}
