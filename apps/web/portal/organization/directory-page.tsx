import { Trans, useLingui } from '@lingui/react/macro';
import { Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { DIRECTORY_ROLES, type DirectoryRole } from '#core/directory/plan-memberships';
import { getDirectoryOptions } from '#sdk/@tanstack/react-query.gen';
import { updateDirectory } from '#sdk/sdk.gen';
import { useAct } from '#web/parts/api/acting';
import { Facts, Note, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Values } from '#web/parts/sign-in/values';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { DirectoryCalls } from '#web/portal/organization/directory-calls';
import { DirectoryGroups } from '#web/portal/organization/directory-groups';
import { DirectoryTokens } from '#web/portal/organization/directory-tokens';
import { OrganizationSections } from '#web/portal/organization/organization-sections';
import { useRoleWord } from '#web/portal/organization/role-words';

/** How the identity provider keeps people and groups here. */
export function DirectoryPage() {
  const { t } = useLingui();
  const mayWrite = useScope().may('tenants:write');
  return (
    <Page title={t`Directory`}>
      <OrganizationSections />
      <Overview mayWrite={mayWrite} />
      <DirectoryTokens mayWrite={mayWrite} />
      <DirectoryGroups mayWrite={mayWrite} />
      <DirectoryCalls />
    </Page>
  );
}

const NO_ROLE = 'none';

function Overview({ mayWrite }: { mayWrite: boolean }) {
  const { t } = useLingui();
  const roleWord = useRoleWord();
  const { data, error, refetch } = useQuery(getDirectoryOptions());
  const set = useAct({
    act: (defaultRole: DirectoryRole | null) => updateDirectory({ body: { defaultRole }, throwOnError: true }),
    done: t`Changed the usual role`,
  });
  return (
    <Part title={t`People and groups`}>
      <Note>
        <Trans>
          Your identity provider adds, changes and ends people here by SCIM 2.0. Who is ended there is out here at once, with the keys they
          made; the last owner stays.
        </Trans>
      </Note>
      {error && <ErrorPanel error={error as unknown as Error} what={t`People and groups`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} heightPx={36} />}
      {data && (
        <Stack gap="md" mt="sm">
          <Values values={[{ name: t`SCIM base URL`, value: data.scimUrl }]} />
          <Facts
            items={[
              [t`Active people`, data.activePeople],
              [t`Ended people`, data.inactivePeople],
              [t`Groups`, data.groups],
            ]}
          />
          <Select
            label={t`Usual role`}
            description={t`Of people in no group that has a role here.`}
            maw={420}
            disabled={!mayWrite}
            data={[
              ...DIRECTORY_ROLES.map((value) => ({ value: value as string, label: roleWord(value) })),
              { value: NO_ROLE, label: t`None: they cannot come in` },
            ]}
            value={data.defaultRole ?? NO_ROLE}
            onChange={(value) => value && set.mutate(value === NO_ROLE ? null : (value as DirectoryRole))}
            allowDeselect={false}
          />
        </Stack>
      )}
    </Part>
  );
}
