import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { listProjectsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { createProject } from '#sdk/sdk.gen';
import type { Project } from '#sdk/types.gen';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { NameDialog } from '#web/parts/dialog/name-dialog';
import { Credits } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { tierWord } from '#web/portal/generations/generation-words';
import { OrganizationSections } from '#web/portal/organization/organization-sections';
import { ProjectState } from '#web/portal/organization/project-state';

const projectsOf = ({ projects }: { projects: Project[] }) => projects;

/** Folders of work with their defaults, budgets and retention. */
export function ProjectsPage() {
  const { t } = useLingui();
  const scope = useScope();
  const mayWrite = scope.may('projects:write');
  const navigate = useNavigate();
  const [isNew, setNew] = useState(false);
  const list = useInfiniteQuery({ ...listProjectsInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(projectsOf) });
  const create = (
    <Button onClick={() => setNew(true)}>
      <Trans>Create project</Trans>
    </Button>
  );
  const columns: Column<Project>[] = [
    {
      id: 'name',
      header: t`Project`,
      isKey: true,
      cell: ({ id, name }) => (
        <Anchor component={Link} to={scope.path(`/organization/projects/${id}`)}>
          {name}
        </Anchor>
      ),
    },
    { id: 'tier', header: t`Tier`, widthPx: 130, cell: ({ serviceTier }) => (serviceTier ? t(tierWord[serviceTier]) : t`the default`) },
    {
      id: 'budget',
      header: t`Monthly budget`,
      widthPx: 150,
      align: 'end',
      isKey: true,
      cell: ({ monthlyBudget }) => (monthlyBudget === null ? t`none` : <Credits value={monthlyBudget} />),
    },
    { id: 'models', header: t`Models`, widthPx: 180, cell: ({ allowedModels }) => allowedModels?.join(', ') ?? t`any` },
    { id: 'kept', header: t`Media kept`, widthPx: 120, cell: ({ retentionDays }) => t`${retentionDays} days` },
    { id: 'state', header: t`State`, widthPx: 160, isKey: true, cell: (project) => <ProjectState project={project} /> },
  ];
  return (
    <Page title={t`Projects`} actions={mayWrite && create}>
      <OrganizationSections />
      <RowList
        list={list}
        label={t`Projects`}
        rows={rowsOfPages(list.data, projectsOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No project yet`} action={mayWrite && create}>
            <Trans>A project is a folder of work with a monthly budget, its own models, regions and retention.</Trans>
          </Empty>
        }
      />
      {isNew && (
        <NameDialog
          close={() => setNew(false)}
          verb={t`Create project`}
          act={async (name) => (await createProject({ body: { name }, throwOnError: true })).data}
          done={(name) => t`Created the project ${name}`}
          after={({ id }) => void navigate({ to: scope.path(`/organization/projects/${id}`) })}
        />
      )}
    </Page>
  );
}
