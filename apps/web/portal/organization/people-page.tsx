import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MEMBER_ROLES, type MemberRole } from '#core/access/scopes';
import { listMembersInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { addMember, changeMember, removeMember } from '#sdk/sdk.gen';
import type { Member } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { NameField } from '#web/parts/dialog/name-field';
import { Time } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { OrganizationSections } from '#web/portal/organization/organization-sections';
import { useRoleWord } from '#web/portal/organization/role-words';

const membersOf = ({ members }: { members: Member[] }) => members;

/** Who may do what here. */
export function PeoplePage() {
  const { t } = useLingui();
  const scope = useScope();
  const roleWord = useRoleWord();
  const mayWrite = scope.may('members:write');
  const [isNew, setNew] = useState(false);
  const [removed, setRemoved] = useState<Member>();
  const list = useInfiniteQuery({ ...listMembersInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(membersOf) });
  const change = useAct({
    act: ({ id, role }: { id: string; role: MemberRole }) => changeMember({ path: { id }, body: { role }, throwOnError: true }),
    done: t`Changed the role`,
  });
  const columns: Column<Member>[] = [
    { id: 'name', header: t`Name`, isKey: true, cell: ({ name }) => name },
    { id: 'email', header: t`E-mail`, cell: ({ email }) => email },
    {
      id: 'role',
      header: t`Role`,
      widthPx: 340,
      isKey: true,
      cell: ({ id, name, role }) =>
        mayWrite ? (
          <Select
            aria-label={t`Role of ${name}`}
            data={MEMBER_ROLES.map((value) => ({ value, label: roleWord(value) }))}
            value={role}
            onChange={(value) => value && value !== role && change.mutate({ id, role: value as MemberRole })}
            allowDeselect={false}
          />
        ) : (
          roleWord(role)
        ),
    },
    { id: 'since', header: t`Since`, widthPx: 170, cell: ({ createdAt }) => <Time at={createdAt} /> },
    ...(mayWrite
      ? [
          {
            id: 'acts',
            header: t`Actions`,
            widthPx: 130,
            isKey: true,
            cell: (member: Member) => (
              <Button
                variant="subtle"
                color="danger"
                size="compact-sm"
                onClick={() => setRemoved(member)}
                aria-label={t`Remove ${member.name}`}
              >
                <Trans>Remove</Trans>
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Page
      title={t`People`}
      actions={
        mayWrite && (
          <Button onClick={() => setNew(true)}>
            <Trans>Add person</Trans>
          </Button>
        )
      }
    >
      <OrganizationSections />
      <RowList
        list={list}
        label={t`People`}
        rows={rowsOfPages(list.data, membersOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`Nobody yet`}>
            <Trans>People sign in with their own account; their role says what they may do here.</Trans>
          </Empty>
        }
      />
      {isNew && <AddDialog close={() => setNew(false)} />}
      {removed && <RemoveDialog member={removed} close={() => setRemoved(undefined)} />}
    </Page>
  );
}

function AddDialog({ close }: { close(): void }) {
  const { t } = useLingui();
  const roleWord = useRoleWord();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<MemberRole>('creator');
  const add = useAct({
    act: () => addMember({ body: { email: email.trim(), name: name.trim(), role }, throwOnError: true }),
    done: t`Added ${name}`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Add person`} verb={t`Add person`} act={add}>
      <TextInput
        label={t`E-mail`}
        type="email"
        required
        data-autofocus
        value={email}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
      <NameField name={name} change={setName} />
      <Select
        label={t`Role`}
        data={MEMBER_ROLES.map((value) => ({ value, label: roleWord(value) }))}
        value={role}
        onChange={(value) => value && setRole(value as MemberRole)}
        allowDeselect={false}
      />
    </FormDialog>
  );
}

function RemoveDialog({ member: { id, name, email }, close }: { member: Member; close(): void }) {
  const { t } = useLingui();
  const remove = useAct({ act: () => removeMember({ path: { id }, throwOnError: true }), done: t`Removed ${name}`, after: close });
  return (
    <ConfirmDialog
      opened
      close={close}
      title={t`Remove ${name}`}
      verb={t`Remove person`}
      confirm={() => remove.mutate(undefined)}
      isPending={remove.isPending}
    >
      <Trans>{email} loses access here, and the API keys they made end. What else they made stays, and so does the audit log.</Trans>
    </ConfirmDialog>
  );
}
