import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { type Section, Sections } from '#web/parts/shell/sections';

const SECTIONS: readonly Section[] = [
  { page: '/organization', word: msg`Projects`, action: 'projects:read', isRoot: true },
  { page: '/organization/people', word: msg`People`, action: 'members:read' },
  { page: '/organization/access', word: msg`Access`, action: 'members:read' },
  { page: '/organization/brands', word: msg`Brands`, action: 'tenants:read' },
  { page: '/organization/settings', word: msg`Settings`, action: 'tenants:read' },
  { page: '/organization/sign-in', word: msg`Sign-in`, action: 'tenants:read' },
  { page: '/organization/directory', word: msg`Directory`, action: 'tenants:read' },
  { page: '/organization/audit', word: msg`Audit log`, action: 'audit:read' },
];

export function OrganizationSections() {
  const { t } = useLingui();
  return <Sections label={t`Organization`} sections={SECTIONS} />;
}
