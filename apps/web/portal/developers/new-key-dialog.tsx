import { useLingui } from '@lingui/react/macro';
import { Checkbox, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type MemberRole, SCOPES_OF_ROLE, type Scope } from '#core/access/scopes';
import { createKey } from '#sdk/sdk.gen';
import type { NewApiKey } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { NameField } from '#web/parts/dialog/name-field';
import { clearButton } from '#web/parts/filter/clear-button';
import { useScope } from '#web/parts/scope/scope';
import { useRoleWord } from '#web/portal/organization/role-words';
import { useProjects } from '#web/portal/organization/use-projects';

const ROLES_OF_KEYS = ['creator', 'viewer', 'billing', 'admin', 'owner'] as const satisfies readonly MemberRole[];
const NAMED = 'named';

/** Asks what a key is called, what it may do, for which project, and until when. Nobody hands on what they may not do themselves. */
export function NewKeyDialog({ close, made }: { close(): void; made(key: NewApiKey): void }) {
  const { t } = useLingui();
  const scope = useScope();
  const roleWord = useRoleWord();
  const projects = useProjects().filter(({ archivedAt }) => archivedAt === null);
  const [name, setName] = useState('');
  const [role, setRole] = useState<string>('creator');
  const [scopes, setScopes] = useState<Scope[]>(['generations:read', 'generations:write']);
  const [projectId, setProject] = useState<string | null>(null);
  const [expiresOn, setExpiry] = useState('');
  const [monthlyCap, setCap] = useState('');
  const grantable = SCOPES_OF_ROLE.owner.filter((one) => scope.may(one));
  const roles = ROLES_OF_KEYS.filter((one) => SCOPES_OF_ROLE[one].every((needed) => scope.may(needed)));
  const create = useAct({
    act: async () => {
      const body = {
        name: name.trim(),
        ...(role === NAMED ? { scopes } : { role: role as MemberRole }),
        ...(projectId && { projectId }),
        ...(expiresOn && { expiresAt: `${expiresOn}T00:00:00.000Z` }),
        ...(monthlyCap.trim() && { monthlyCap: monthlyCap.trim() }),
      };
      return (await createKey({ body, throwOnError: true })).data;
    },
    done: null,
    isInForm: true,
    after: (key) => {
      close();
      made(key);
    },
  });
  return (
    <FormDialog close={close} title={t`Create API key`} verb={t`Create API key`} act={create}>
      <NameField name={name} change={setName} description={t`What uses it, so that you recognize it later.`} isFirst />
      <Select
        label={t`May do what this role may`}
        data={[...roles.map((value) => ({ value, label: roleWord(value) })), { value: NAMED, label: t`Scopes of my choice` }]}
        value={role}
        onChange={(value) => value && setRole(value)}
        allowDeselect={false}
      />
      {role === NAMED && (
        <Checkbox.Group label={t`Scopes`} value={scopes} onChange={(chosen) => setScopes(chosen as Scope[])}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={4} mt={4}>
            {grantable.map((one) => (
              <Checkbox key={one} value={one} label={<code>{one}</code>} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
      )}
      <Select
        label={t`Project`}
        placeholder={t`Any project`}
        {...clearButton(t`Clear project`)}
        data={projects.map(({ id, name: label }) => ({ value: id, label }))}
        value={projectId}
        onChange={setProject}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          type="date"
          label={t`Expires (UTC)`}
          description={t`Never, if left empty.`}
          value={expiresOn}
          onChange={({ currentTarget }) => setExpiry(currentTarget.value)}
        />
        <TextInput
          label={t`Credits a month at most`}
          description={t`No limit of its own, if left empty.`}
          inputMode="decimal"
          pattern="\d{1,12}(\.\d{1,6})?"
          value={monthlyCap}
          onChange={({ currentTarget }) => setCap(currentTarget.value)}
        />
      </SimpleGrid>
    </FormDialog>
  );
}
