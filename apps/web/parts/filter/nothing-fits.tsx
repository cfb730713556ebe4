import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Empty } from '#web/parts/states/empty';

/** Instead of a list of which a filter leaves nothing. */
export function NothingFits({ title, clear, children }: { title: string; clear(): void; children: ReactNode }) {
  return (
    <Empty
      title={title}
      action={
        <Button variant="default" onClick={clear}>
          <Trans>Clear filters</Trans>
        </Button>
      }
    >
      {children}
    </Empty>
  );
}
