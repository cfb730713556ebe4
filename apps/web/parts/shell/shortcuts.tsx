import { Trans, useLingui } from '@lingui/react/macro';
import { Checkbox, Kbd, Modal, Table } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Place } from '#web/parts/shell/navigation';

const KEPT_AS = 'halogen-single-keys-off';
const SECOND_KEY_WITHIN_MS = 1_500;

/** Whether a key that stands alone is meant as a command: not in a field, not with a modifier, and not when turned off. */
export function isCommand({ target, ctrlKey, metaKey, altKey, defaultPrevented }: KeyboardEvent): boolean {
  const isTyping =
    target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, [role="textbox"]') !== null);
  const isInDialog = document.querySelector('[role="dialog"]') !== null;
  return !isTyping && !isInDialog && !ctrlKey && !metaKey && !altKey && !defaultPrevented && localStorage.getItem(KEPT_AS) === null;
}

/** Single keys of one page, such as `j` and `k` of a list. */
export function useKeys(commands: Readonly<Record<string, (event: KeyboardEvent) => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const run = commands[event.key];
      if (!run || !isCommand(event)) return;
      event.preventDefault();
      run(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}

/** `g` and a letter navigate, `?` shows all shortcuts. */
export function useGoTo(places: readonly Place[], go: (page: string) => void, showHelp: () => void): void {
  useEffect(() => {
    let pressedAtMs = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent) => {
      if (!isCommand(event)) return;
      if (event.key === '?') showHelp();
      const place = event.timeStamp - pressedAtMs < SECOND_KEY_WITHIN_MS && places.find(({ letter }) => letter === event.key);
      if (place) {
        event.preventDefault();
        go(place.page);
      }
      pressedAtMs = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
    };
    addEventListener('keydown', press, { capture: true });
    return () => removeEventListener('keydown', press, { capture: true });
  });
}

export function ShortcutsDialog({ opened, close, places }: { opened: boolean; close(): void; places: readonly Place[] }) {
  const { t } = useLingui();
  const [isOff, setOff] = useState(() => localStorage.getItem(KEPT_AS) !== null);
  const shortcuts: [string, string][] = [
    ['Ctrl K', t`Search and commands`],
    ...places.map(({ letter, word }): [string, string] => [`g ${letter}`, t(word)]),
    ['j / k', t`Next and previous row of a list`],
    ['x', t`Select the row`],
    ['Enter', t`Open the row`],
    ['?', t`This list`],
    ['Esc', t`Close the topmost thing`],
  ];
  const turnOff = (off: boolean) => {
    if (off) localStorage.setItem(KEPT_AS, 'yes');
    else localStorage.removeItem(KEPT_AS);
    setOff(off);
  };
  return (
    <Modal opened={opened} onClose={close} title={t`Keyboard shortcuts`}>
      <Table>
        <Table.Tbody>
          {shortcuts.map(([keys, what]) => (
            <Table.Tr key={keys}>
              <Table.Th scope="row">
                <Kbd>{keys}</Kbd>
              </Table.Th>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Checkbox
        mt="md"
        checked={!isOff}
        onChange={({ currentTarget }) => turnOff(!currentTarget.checked)}
        label={<Trans>Single keys are commands</Trans>}
      />
    </Modal>
  );
}
