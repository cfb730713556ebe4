import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { type Section, Sections } from '#web/parts/shell/sections';

const SECTIONS: readonly Section[] = [
  { page: '/spend', word: msg`Balance`, isRoot: true },
  { page: '/spend/usage', word: msg`Usage` },
  { page: '/spend/statement', word: msg`Statement` },
  { page: '/spend/invoices', word: msg`Invoices` },
];

export function SpendSections() {
  const { t } = useLingui();
  return <Sections label={t`Spend`} sections={SECTIONS} />;
}
