import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button, Checkbox, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getProjectOptions } from '#sdk/@tanstack/react-query.gen';
import { updateProject } from '#sdk/sdk.gen';
import type { Project } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { NameField } from '#web/parts/dialog/name-field';
import { Credits, Time } from '#web/parts/figures/figures';
import { Facts, Note, Panel, Panels } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { ProjectState } from '#web/portal/organization/project-state';
import { ownSettings, SettingsFields, settingsBody } from '#web/portal/organization/settings-fields';

/** One project: its defaults, budget, what it may use, and how long its media are kept. */
export function ProjectPage() {
  const { t } = useLingui();
  const scope = useScope();
  const { projectId } = useParams({ strict: false }) as { projectId: string };
  const { data, error, refetch } = useQuery(getProjectOptions({ path: { id: projectId } }));
  const mayWrite = scope.may('projects:write');
  return (
    <Page title={data?.name ?? t`Project`} actions={data && mayWrite && <Archive project={data} />} width="form">
      <p>
        <Anchor component={Link} to={scope.path('/organization')}>
          <Trans>All projects</Trans>
        </Anchor>
      </p>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The project`} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Panels>
          <Panel title={t`This month`}>
            <Facts
              items={[
                [t`State`, <ProjectState key="state" project={data} />],
                [t`Used`, <Credits key="used" value={data.usedThisMonth} />],
                [t`Budget`, data.monthlyBudget === null ? t`none` : <Credits key="budget" value={data.monthlyBudget} />],
                [t`Created`, <Time key="created" at={data.createdAt} />],
                ['Id', <code key="id">{data.id}</code>],
              ]}
            />
            {scope.may('members:read') && (
              <p>
                <Anchor component={Link} to={scope.path('/organization/access')} search={{ project: data.id } as never}>
                  <Trans>Who can reach this project</Trans>
                </Anchor>
              </p>
            )}
          </Panel>
          <Panel title={t`Settings`}>
            <Settings key={`${data.id} ${JSON.stringify(data.sources)}`} project={data} mayWrite={mayWrite} />
          </Panel>
        </Panels>
      )}
    </Page>
  );
}

function Settings({ project, mayWrite }: { project: Project; mayWrite: boolean }) {
  const { t } = useLingui();
  const { id, inherited, sources } = project;
  const [draft, setDraft] = useState(() => ({
    name: project.name,
    monthlyBudget: project.monthlyBudget ?? '',
    legalHold: project.legalHold,
  }));
  const values = { ...project, serviceTier: project.serviceTier ?? inherited.serviceTier };
  const [own, setOwn] = useState(() => ownSettings(values, sources, 'project'));
  const save = useAct({
    act: () => {
      const { name, monthlyBudget, legalHold } = draft;
      const body = { name: name.trim(), monthlyBudget: monthlyBudget.trim() || null, legalHold, ...settingsBody(own) };
      return updateProject({ path: { id }, body, throwOnError: true });
    },
    done: t`Saved the project`,
    isInForm: true,
  });
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <fieldset disabled={!mayWrite} style={{ border: 0, margin: 0, padding: 0 }}>
        <Stack gap="sm">
          <NameField name={draft.name} change={(name) => set({ name })} />
          <TextInput
            label={t`Monthly budget in credits`}
            description={t`None, if left empty.`}
            inputMode="decimal"
            pattern="\d{1,12}(\.\d{1,6})?"
            value={draft.monthlyBudget}
            onChange={({ currentTarget }) => set({ monthlyBudget: currentTarget.value })}
          />
          <SettingsFields own={own} change={setOwn} inherited={inherited} sources={sources} />
          <Checkbox
            label={t`Legal hold: nothing is erased, not even what is deleted`}
            checked={draft.legalHold}
            onChange={({ currentTarget }) => set({ legalHold: currentTarget.checked })}
          />
          {save.error && <ErrorNote error={save.error} />}
          {mayWrite && (
            <Button type="submit" loading={save.isPending} style={{ alignSelf: 'start' }}>
              <Trans>Save project</Trans>
            </Button>
          )}
        </Stack>
      </fieldset>
    </form>
  );
}

function ErrorNote({ error }: { error: Error }) {
  return (
    <div role="alert">
      <Note>{error.message}</Note>
    </div>
  );
}

/** Its keys stop while it is archived. */
function Archive({ project: { id, name, archivedAt } }: { project: Project }) {
  const { t } = useLingui();
  const [isAsked, setAsked] = useState(false);
  const archive = useAct({
    act: (archived: boolean) => updateProject({ path: { id }, body: { archived }, throwOnError: true }),
    done: archivedAt ? t`Took the project back` : t`Archived the project`,
    after: () => setAsked(false),
  });
  if (archivedAt) {
    return (
      <Button variant="default" onClick={() => archive.mutate(false)} loading={archive.isPending}>
        <Trans>Take project back</Trans>
      </Button>
    );
  }
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)}>
        <Trans>Archive project</Trans>
      </Button>
      <ConfirmDialog
        opened={isAsked}
        close={() => setAsked(false)}
        title={t`Archive ${name}`}
        verb={t`Archive project`}
        confirm={() => archive.mutate(true)}
        isPending={archive.isPending}
      >
        <Trans>Its API keys stop within five seconds. What it made stays.</Trans>
      </ConfirmDialog>
    </>
  );
}
