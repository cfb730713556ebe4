import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { Generation } from '#sdk/types.gen';
import { useScope } from '#web/parts/scope/scope';
import { MAX_COMPARED, MIN_COMPARED } from '#web/portal/generations/compared-ids';

/** The chosen rows beside each other, when they are as many as there is room for. */
export function CompareChosen({ chosen }: { chosen: readonly Generation[] }) {
  const scope = useScope();
  const navigate = useNavigate();
  const ids = chosen.map(({ id }) => id).join(',');
  return (
    <Button
      variant="default"
      onClick={() => void navigate({ to: scope.path('/generations/compare'), search: { ids } as never })}
      disabled={chosen.length < MIN_COMPARED || chosen.length > MAX_COMPARED}
    >
      <Trans>Compare generations</Trans>
    </Button>
  );
}
