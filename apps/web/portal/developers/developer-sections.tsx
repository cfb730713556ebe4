import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { type Section, Sections } from '#web/parts/shell/sections';

const SECTIONS: readonly Section[] = [
  { page: '/developers', word: msg`API keys`, action: 'keys:read', isRoot: true },
  { page: '/developers/webhooks', word: msg`Webhooks`, action: 'webhooks:read' },
  { page: '/developers/events', word: msg`Events`, action: 'webhooks:read' },
];

export function DeveloperSections() {
  const { t } = useLingui();
  return <Sections label={t`Developers`} sections={SECTIONS} />;
}
