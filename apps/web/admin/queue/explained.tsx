import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { explainGenerationOptions } from '#sdk/@tanstack/react-query.gen';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { TIER_WORDS, WAIT_WORDS } from '#web/admin/queue/queue-words';
import { FIGURE_WORDS, type Finding, RULE_WORDS, VERDICT_WORDS } from '#web/admin/queue/rule-words';
import { Chip } from '#web/parts/chip/state-chip';
import { Time } from '#web/parts/figures/figures';
import { formatInstant } from '#web/parts/figures/format';
import { useLanguage } from '#web/parts/words/language';

const ASK_EVERY_MS = 5_000;

interface Fact {
  what: string;
  is: string;
}

/** Why it waits in one line, and how each rule of the planner meets it. */
export function Explained({ id, tenantId, name }: { id: string; tenantId: string; name: string }) {
  const { t } = useLingui();
  const language = useLanguage();
  const query = useQuery({
    ...explainGenerationOptions({ path: { id }, query: { tenantId } }),
    refetchInterval: ({ state }) => (state.data?.state === 'queued' ? ASK_EVERY_MS : false),
  });
  const at = (moment: string | null) => (moment === null ? '–' : formatInstant(new Date(moment), new Date(), language));
  const factsOf = ({ state, serviceTier, units, unitsInUse, wait, servedFrom }: NonNullable<typeof query.data>): Fact[] => [
    { what: t`Tenant`, is: name },
    { what: t`State`, is: state },
    { what: t`Tier`, is: t(TIER_WORDS[serviceTier] ?? { id: serviceTier }) },
    { what: t`Units in use`, is: `${unitsInUse} / ${units}` },
    { what: t`Served from`, is: servedFrom ?? '–' },
    ...(wait
      ? [
          { what: t`Rule`, is: t(WAIT_WORDS[wait.reason]) },
          { what: t`Position`, is: wait.position === null ? '–' : String(wait.position) },
          { what: t`Starts with a chance of 50 %`, is: at(wait.startP50) },
          { what: t`Starts with a chance of 90 %`, is: at(wait.startP90) },
          ...wait.wouldChange.map((one) => ({ what: t`Would start sooner`, is: one.detail })),
        ]
      : []),
    ...(state === 'queued' && !wait ? [{ what: t`Rule`, is: t`The scheduler has not answered.` }] : []),
  ];
  const { rules, state } = query.data ?? {};
  return (
    <>
      <TablePanel<Fact>
        id="why"
        title={t`Why it waits`}
        metric="halogen_queue_wait_seconds"
        query={query}
        rows={query.data && factsOf(query.data)}
        columns={[
          { head: t`What`, name: 'what', cell: ({ what }) => what },
          { head: t`Is`, name: 'is', cell: ({ is }) => is },
        ]}
        empty={{ title: t`Nothing is known`, text: t`The scheduler has not answered.` }}
      />
      {state === 'queued' && <Rules query={query} rules={rules ?? null} />}
    </>
  );
}

interface RulesProps {
  query: { error: unknown; data: unknown; refetch(): unknown };
  rules: { readAt: string; findings: Finding[] } | null;
}

function Rules({ query, rules }: RulesProps) {
  const { t } = useLingui();
  const language = useLanguage();
  const readOf = ({ figures }: Finding) =>
    figures.map(({ figure, value }) => `${t(FIGURE_WORDS[figure])}: ${value.toLocaleString(language)}`).join(' · ');
  const columns: TableColumn<Finding>[] = [
    { head: t`Rule of the planner`, name: 'rule', cell: ({ rule }) => t(RULE_WORDS[rule]), value: ({ rule }) => rule },
    {
      head: t`Finding`,
      name: 'verdict',
      cell: ({ verdict }) => <Chip glyph={VERDICT_WORDS[verdict].glyph}>{t(VERDICT_WORDS[verdict].word)}</Chip>,
      value: ({ verdict }) => verdict,
    },
    {
      head: t`What it read`,
      name: 'figures',
      cell: (finding) => readOf(finding) || '–',
      value: ({ figures }) => figures.map(({ figure, value }) => `${figure}=${value}`).join(' '),
    },
  ];
  return (
    <TablePanel<Finding>
      id="rules"
      title={t`Rule by rule`}
      metric="halogen_queue_wait_seconds"
      query={query}
      rows={rules?.findings ?? []}
      columns={columns}
      empty={{ title: t`No rule is known`, text: t`The scheduler has not answered.` }}
    >
      {rules && (
        <p>
          <Trans>
            As the planner’s memory was at <Time at={rules.readAt} />
          </Trans>
        </p>
      )}
    </TablePanel>
  );
}
