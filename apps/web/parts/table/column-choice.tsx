import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Checkbox, Popover, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Column } from '#web/parts/table/data-table';

/** A column that people may leave out or take in. The first one names the row and always stays. */
export interface ChoosableColumn<Row> extends Column<Row> {
  /** Shown only to those who have chosen it. */
  isExtra?: boolean;
}

/** The columns of a list that somebody wants to see, kept in their browser, and the button that asks which. */
export function useColumnChoice<Row>(
  list: string,
  all: readonly ChoosableColumn<Row>[],
): { columns: readonly Column<Row>[]; choice: ReactNode } {
  const keptAs = `halogen-columns-${list}`;
  const [chosen, setChosen] = useState(() => keptIds(keptAs));
  const [first, ...others] = all;
  const shown = chosen ?? others.filter(({ isExtra }) => !isExtra).map(({ id }) => id);
  const choose = (ids: string[]) => {
    localStorage.setItem(keptAs, JSON.stringify(ids));
    setChosen(ids);
  };
  return {
    columns: [...(first ? [first] : []), ...others.filter(({ id }) => shown.includes(id))],
    choice: <ColumnChoice columns={others} shown={shown} choose={choose} />,
  };
}

function ColumnChoice({
  columns,
  shown,
  choose,
}: {
  columns: readonly { id: string; header: string }[];
  shown: readonly string[];
  choose(ids: string[]): void;
}) {
  const { t } = useLingui();
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default">
          <Trans>Columns</Trans>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t`Columns`}>
        <Checkbox.Group label={t`Columns of the list`} value={[...shown]} onChange={choose}>
          <Stack gap={8} mt={8}>
            {columns.map(({ id, header }) => (
              <Checkbox key={id} size="md" value={id} label={header} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Undefined when nothing was chosen yet, or what is kept is not ours. */
function keptIds(keptAs: string): string[] | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keptAs) ?? 'null');
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : undefined;
  } catch {
    return undefined;
  }
}
