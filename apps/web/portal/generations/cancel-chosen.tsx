import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Generation } from '#sdk/types.gen';
import { CancelMany } from '#web/portal/generations/cancel-many';

/** What of the chosen rows has not ended. */
export function CancelChosen({ chosen, done }: { chosen: readonly Generation[]; done(): void }) {
  const [ids, setIds] = useState<string[]>();
  const unfinished = chosen.filter(({ finishedAt }) => finishedAt === null).map(({ id }) => id);
  return (
    <>
      <Button variant="default" onClick={() => setIds(unfinished)} disabled={unfinished.length === 0}>
        <Trans>Cancel generations</Trans>
      </Button>
      {ids && (
        <CancelMany
          many={{ ids }}
          close={() => {
            setIds(undefined);
            done();
          }}
        />
      )}
    </>
  );
}
