import { useLingui } from '@lingui/react/macro';
import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { REACHER_KINDS, type ReacherKind } from '#core/access/ways';
import { listProjectsOptions } from '#sdk/@tanstack/react-query.gen';
import { clearButton } from '#web/parts/filter/clear-button';
import { type Change, chosenOf, textOf } from '#web/parts/filter/use-filter';
import { Filters } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';

/** Whose access is shown, and to what. */
export interface AccessFilter {
  kind?: ReacherKind;
  /** A brand of the agency that the page is about. */
  brand?: string;
  project?: string;
  search?: string;
}

export function accessFilterOf({ kind, brand, project, search }: Readonly<Record<string, unknown>>): AccessFilter {
  return chosenOf({
    kind: REACHER_KINDS.find((one) => one === kind),
    brand: textOf(brand),
    project: textOf(project),
    search: textOf(search),
  });
}

export function AccessFilterBar({ filter, choose }: { filter: AccessFilter; choose(change: Change<AccessFilter>): void }) {
  const { t } = useLingui();
  const { agency, brand } = useScope();
  const scope = useScope();
  const [search, setSearch] = useState(filter.search ?? '');
  const applySearch = () => search.trim() !== (filter.search ?? '') && choose({ search: search.trim() });
  const query = filter.brand === undefined ? {} : { query: { tenant: filter.brand } };
  const projects = useQuery({ ...listProjectsOptions(query), enabled: scope.may('projects:read') }).data?.projects ?? [];
  const kinds: { value: ReacherKind; label: string; action: string }[] = [
    { value: 'person', label: t`People`, action: 'members:read' },
    { value: 'api_key', label: t`API keys`, action: 'keys:read' },
    { value: 'group', label: t`Groups of the directory`, action: 'tenants:read' },
  ];
  return (
    <Filters label={t`Filters`}>
      <Select
        label={t`Who`}
        data={kinds.filter(({ action }) => scope.may(action))}
        value={filter.kind ?? 'person'}
        onChange={(kind) => choose({ kind: kind === 'person' ? null : kind })}
        allowDeselect={false}
      />
      {!brand && agency.brands.length > 0 && (
        <Select
          label={t`Brand`}
          placeholder={t`Agency and brands`}
          {...clearButton(t`Clear brand`)}
          searchable
          data={agency.brands.map(({ id, name }) => ({ value: id, label: name }))}
          value={filter.brand ?? null}
          onChange={(chosen) => choose({ brand: chosen, project: null })}
        />
      )}
      <Select
        label={t`Project`}
        placeholder={t`Any project`}
        {...clearButton(t`Clear project`)}
        searchable
        data={projects.map(({ id, name }) => ({ value: id, label: name }))}
        value={filter.project ?? null}
        onChange={(project) => choose({ project })}
      />
      <TextInput
        label={t`Name or e-mail`}
        value={search}
        onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        onKeyDown={({ key }) => key === 'Enter' && applySearch()} // a form of several fields has no implicit submission
        onBlur={applySearch}
      />
    </Filters>
  );
}
