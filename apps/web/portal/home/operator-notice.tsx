import { Trans } from '@lingui/react/macro';
import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listOperatorViewsOptions } from '#sdk/@tanstack/react-query.gen';
import { Time } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';

const TOLD_FOR_MS = 7 * 24 * 3_600_000;

/** Says that the platform's staff looked into this tenant within the last week, and why. */
export function OperatorNotice() {
  const scope = useScope();
  const { data } = useQuery(listOperatorViewsOptions());
  const [last] = data?.views ?? [];
  if (!last || Date.now() - Date.parse(last.openedAt) > TOLD_FOR_MS) return null;
  return (
    <p role="note">
      <Trans>
        Halogen’s operators looked into this account, read-only, <Time at={last.openedAt} />: {last.reason}
      </Trans>{' '}
      <Anchor component={Link} to={scope.path('/organization/audit')} underline="always">
        <Trans>Audit log</Trans>
      </Anchor>
    </p>
  );
}
