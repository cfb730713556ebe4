import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { MemberRole } from '#core/access/scopes';
import type { AccessWay } from '#sdk/types.gen';

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

/** The role alone, where there is little room: what its word begins with. */
export function useRoleName(): (role: MemberRole) => string {
  const roleWord = useRoleWord();
  return (role) => roleWord(role).split(/[:：]/)[0] as string;
}

/** Why somebody reaches something, with the groups that it comes by. */
export function useReasonWord(): (way: Pick<AccessWay, 'reason' | 'groups'>) => string {
  const { t } = useLingui();
  return ({ reason, groups }) => {
    const named = groups.join(', ');
    if (reason === 'agency') return named ? t`from the agency, by ${named}` : t`from the agency`;
    if (reason === 'group') return t`by ${named}`;
    return reason === 'usual_role' ? t`usual role of the directory` : t`directly`;
  };
}
