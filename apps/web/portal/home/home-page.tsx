import { useLingui } from '@lingui/react/macro';
import { Page } from '#web/parts/shell/page';

/** What needs me. */
export function HomePage() {
  const { t } = useLingui();
  return <Page title={t`Home`}>…</Page>;
}
