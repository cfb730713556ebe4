import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { type Section, Sections } from '#web/parts/shell/sections';

const SECTIONS: readonly Section[] = [
  { page: '/capacity', word: msg`In use`, isRoot: true },
  { page: '/capacity/commitments', word: msg`Commitments` },
];

export function CapacitySections() {
  const { t } = useLingui();
  return <Sections label={t`Capacity`} sections={SECTIONS} />;
}
