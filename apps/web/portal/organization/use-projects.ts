import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { listProjectsOptions } from '#sdk/@tanstack/react-query.gen';
import type { Project } from '#sdk/types.gen';
import { useScope } from '#web/parts/scope/scope';

/** Projects to choose from and to name others by: the first page, which is all for nearly everybody. */
export function useProjects(): readonly Project[] {
  const scope = useScope();
  return useQuery({ ...listProjectsOptions(), enabled: scope.may('projects:read') }).data?.projects ?? [];
}

/** What something is for, by its project's id: null is any. */
export function useProjectName(): (id: string | null) => string {
  const { t } = useLingui();
  const projects = useProjects();
  return (id) => (id === null ? t`any` : (projects.find((one) => one.id === id)?.name ?? t`one project`));
}
