import { Trans, useLingui } from '@lingui/react/macro';
import { Page } from '#web/parts/shell/page';

/** Where operators begin. */
export function OverviewPage() {
  const { t } = useLingui();
  return (
    <Page title={t`Overview`}>
      <p>
        <Trans>Operations are served by the API under /api/v1/operations.</Trans>
      </p>
    </Page>
  );
}
