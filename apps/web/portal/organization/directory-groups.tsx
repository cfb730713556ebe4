import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DIRECTORY_ROLES, type DirectoryRole } from '#core/directory/plan-memberships';
import { listDirectoryGroupsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { setGroupRoles } from '#sdk/sdk.gen';
import type { DirectoryGroup } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Note, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { useRoleName, useRoleWord } from '#web/portal/organization/role-words';

const groupsOf = ({ groups }: { groups: DirectoryGroup[] }) => groups;

/** Where a group can have a role: the tenant of the page, and its brands. */
function usePlaces() {
  const { agency, brand } = useScope();
  return brand ? [brand] : [{ id: agency.id, name: agency.name }, ...agency.brands];
}

/** Which roles the people of a group have. */
export function DirectoryGroups({ mayWrite }: { mayWrite: boolean }) {
  const { t } = useLingui();
  const places = usePlaces();
  const [edited, setEdited] = useState<DirectoryGroup>();
  const list = useInfiniteQuery({ ...listDirectoryGroupsInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(groupsOf) });
  const roleName = useRoleName();
  const nameOf = (id: string) => places.find((one) => one.id === id)?.name ?? id;
  const columns: Column<DirectoryGroup>[] = [
    { id: 'name', header: t`Group`, isKey: true, cell: ({ name }) => name },
    { id: 'people', header: t`People`, widthPx: 100, align: 'end', cell: ({ people }) => people },
    {
      id: 'roles',
      header: t`Roles`,
      isKey: true,
      cell: ({ roles }) => roles.map(({ tenantId, role }) => `${nameOf(tenantId)}: ${roleName(role)}`).join(', ') || t`none`,
    },
    {
      id: 'acts',
      header: t`Actions`,
      widthPx: 130,
      isKey: true,
      cell: (group) =>
        mayWrite && (
          <Button variant="subtle" size="compact-sm" onClick={() => setEdited(group)} aria-label={t`Set roles of ${group.name}`}>
            <Trans>Set roles</Trans>
          </Button>
        ),
    },
  ];
  return (
    <Part title={t`Roles of groups`}>
      <Note>
        <Trans>
          Of several groups of a person the role counts that comes first: admin, billing, creator, viewer. Owners are made by owners alone.
        </Trans>
      </Note>
      <RowList
        list={list}
        label={t`Roles of groups`}
        rows={rowsOfPages(list.data, groupsOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No group yet`}>
            <Trans>Groups appear here once your identity provider has sent them.</Trans>
          </Empty>
        }
      />
      {edited && <RolesDialog group={edited} close={() => setEdited(undefined)} />}
    </Part>
  );
}

function RolesDialog({ group: { id, name, roles: before }, close }: { group: DirectoryGroup; close(): void }) {
  const { t } = useLingui();
  const roleWord = useRoleWord();
  const places = usePlaces();
  const [roles, setRoles] = useState<{ tenantId: string; role: DirectoryRole }[]>(before);
  const save = useAct({
    act: () => setGroupRoles({ path: { id }, body: { roles }, throwOnError: true }),
    done: t`Set the roles of ${name}`,
    isInForm: true,
    after: close,
  });
  const free = places.filter((place) => !roles.some(({ tenantId }) => tenantId === place.id));
  const placeName = (tenantId: string) => places.find((place) => place.id === tenantId)?.name ?? tenantId;
  return (
    <FormDialog close={close} title={t`Roles of ${name}`} verb={t`Set roles`} act={save}>
      {roles.map(({ tenantId, role }) => (
        <Group key={tenantId} align="end" wrap="nowrap">
          <Select
            style={{ flex: 1 }}
            label={t`Role in ${placeName(tenantId)}`}
            data={DIRECTORY_ROLES.map((value) => ({ value, label: roleWord(value) }))}
            value={role}
            onChange={(value) =>
              value && setRoles(roles.map((one) => (one.tenantId === tenantId ? { tenantId, role: value as DirectoryRole } : one)))
            }
            allowDeselect={false}
          />
          <Button
            variant="subtle"
            color="danger"
            onClick={() => setRoles(roles.filter((one) => one.tenantId !== tenantId))}
            aria-label={t`Remove role in ${placeName(tenantId)}`}
          >
            <Trans>Remove</Trans>
          </Button>
        </Group>
      ))}
      {free.length > 0 && (
        <Select
          label={t`Give a role in`}
          placeholder={t`Choose the agency or a brand`}
          searchable
          data={free.map((place) => ({ value: place.id, label: place.name }))}
          value={null}
          onChange={(tenantId) => tenantId && setRoles([...roles, { tenantId, role: 'viewer' }])}
        />
      )}
    </FormDialog>
  );
}
