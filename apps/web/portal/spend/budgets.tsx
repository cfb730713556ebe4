import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { budgetEndsAt } from '#core/ledger/budget-forecast';
import { parseCredits } from '#core/ledger/credits';
import { listProjectsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { Project } from '#sdk/types.gen';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { percent } from '#web/parts/chart/bars';
import { Meter } from '#web/parts/chart/meter';
import { Chip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import { Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';

/** Where a budget is looked at: marks on its meter, and words beside it. */
const THRESHOLDS_PCT = [50, 80];

const projectsOf = ({ projects }: { projects: Project[] }) => projects;

/** Projects' monthly budgets: used, at which rate it ends, and what happens then. */
export function Budgets() {
  const { t } = useLingui();
  const scope = useScope();
  const list = useInfiniteQuery({ ...listProjectsInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(projectsOf) });
  const rows = rowsOfPages(list.data, projectsOf).filter(({ archivedAt }) => archivedAt === null);
  const columns: Column<Project>[] = [
    {
      id: 'project',
      header: t`Project`,
      isKey: true,
      cell: ({ id, name }) => (
        <Anchor component={Link} to={scope.path(`/organization/projects/${id}`)}>
          {name}
        </Anchor>
      ),
    },
    {
      id: 'used',
      header: t`Used this month`,
      widthPx: 140,
      align: 'end',
      isKey: true,
      cell: ({ usedThisMonth }) => <Credits value={usedThisMonth} />,
    },
    {
      id: 'budget',
      header: t`Budget`,
      widthPx: 140,
      align: 'end',
      cell: ({ monthlyBudget }) => (monthlyBudget === null ? t`none` : <Credits value={monthlyBudget} />),
    },
    { id: 'share', header: t`Share`, widthPx: 180, cell: (project) => <Share project={project} /> },
    { id: 'outlook', header: t`At this rate`, widthPx: 210, isKey: true, cell: (project) => <Outlook project={project} /> },
    {
      id: 'then',
      header: t`Past it`,
      widthPx: 150,
      cell: ({ monthlyBudget, budgetEnforcement }) =>
        monthlyBudget === null ? '–' : budgetEnforcement === 'refuse' ? t`refuses work` : t`warns and goes on`,
    },
  ];
  return (
    <Part title={t`Budgets`}>
      <RowList
        list={list}
        label={t`Budgets`}
        rows={rows}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No project yet`}>
            <Trans>A project is a folder of work with a monthly budget, its own models, regions and retention.</Trans>
          </Empty>
        }
      />
    </Part>
  );
}

function amounts({ usedThisMonth, monthlyBudget }: Project) {
  return monthlyBudget === null ? undefined : { usedMicro: parseCredits(usedThisMonth), budgetMicro: parseCredits(monthlyBudget) };
}

function Share({ project }: { project: Project }) {
  const { t } = useLingui();
  const known = amounts(project);
  if (!known) return '–';
  const usedPct = percent(known.usedMicro, known.budgetMicro);
  return (
    <Meter
      label={t`${usedPct} % of the budget used`}
      filledPct={usedPct}
      marksPct={THRESHOLDS_PCT}
      isOver={known.usedMicro >= known.budgetMicro}
    />
  );
}

function Outlook({ project }: { project: Project }) {
  const { t } = useLingui();
  const known = amounts(project);
  if (!known) return '–';
  if (known.usedMicro >= known.budgetMicro) {
    return (
      <Chip glyph="✕" isFailure>
        {t`used up`}
      </Chip>
    );
  }
  const endsAt = budgetEndsAt(known, new Date());
  if (!endsAt) return t`lasts the month`;
  return (
    <Chip glyph="◔">
      {t`ends`} <Time at={endsAt.toISOString()} />
    </Chip>
  );
}
