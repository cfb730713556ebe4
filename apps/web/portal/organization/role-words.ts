import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { MemberRole } from '#core/access/scopes';

const WORDS: Record<MemberRole, MessageDescriptor> = {
  owner: msg`Owner: everything`,
  admin: msg`Admin: everything but money, units and brands`,
  billing: msg`Billing: money, units and the audit log`,
  creator: msg`Creator: makes generations`,
  viewer: msg`Viewer: looks at generations`,
};

export function useRoleWord(): (role: MemberRole) => string {
  const { t } = useLingui();
  return (role) => t(WORDS[role]);
}
