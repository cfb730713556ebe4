import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { parseCredits } from '#core/ledger/credits';
import { PLANS } from '#core/ledger/plans';
import { getBalanceOptions, getPlanOptions, listGrantsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { Grant } from '#sdk/types.gen';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { percent } from '#web/parts/chart/bars';
import { Meter } from '#web/parts/chart/meter';
import { Chip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import { formatCredits } from '#web/parts/figures/format';
import { Facts, Figures, Note, Panel, Panels, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { useLanguage } from '#web/parts/words/language';
import { Budgets } from '#web/portal/spend/budgets';
import { SpendSections } from '#web/portal/spend/spend-sections';
import { planWord, sourceWord } from '#web/portal/spend/spend-words';

/** What there is to spend, from which grants, and how far the budgets are used. */
export function BalancePage() {
  const { t } = useLingui();
  const scope = useScope();
  return (
    <Page title={t`Spend`}>
      <SpendSections />
      <Panels>
        <Balance />
        <Plan />
      </Panels>
      {scope.may('projects:read') && <Budgets />}
      <Grants />
    </Page>
  );
}

function Balance() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(getBalanceOptions());
  return (
    <Panel title={t`Credits`}>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The balance`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={2} />}
      {data && (
        <>
          <Figures
            items={[
              [t`Available`, <Credits key="available" value={data.availableCredits} />],
              [t`Reserved`, <Credits key="reserved" value={data.reservedCredits} />],
            ]}
          />
          <Note>
            <Trans>Reserved credits belong to generations that have not ended: they are paid then, or come back.</Trans>
          </Note>
        </>
      )}
    </Panel>
  );
}

function Plan() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(getPlanOptions());
  const language = useLanguage();
  const monthly = data?.plan ? PLANS[data.plan] : undefined;
  return (
    <Panel title={t`Plan`}>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The plan`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={2} />}
      {data && !data.plan && (
        <Note>
          <Trans>No plan: credits come from top-ups and commitments only.</Trans>
        </Note>
      )}
      {data?.plan && monthly && (
        <Facts
          items={[
            [t`Now`, t(planWord[data.plan])],
            ...(data.since ? [[t`Since`, <Time key="since" at={data.since} />] as const] : []),
            ...(monthly.micro > 0n
              ? [[t`Each month`, t`${formatCredits(String(monthly.micro / 1_000_000n), language)} credits`] as const]
              : []),
            [t`Price`, t`$${(monthly.usdCents / 100).toFixed(2)} a month`],
            ...(data.nextPlan && data.nextAt
              ? [
                  [
                    t`Then`,
                    <span key="next">
                      {t(planWord[data.nextPlan])}, <Time at={data.nextAt} />
                    </span>,
                  ] as const,
                ]
              : []),
          ]}
        />
      )}
    </Panel>
  );
}

const grantsOf = ({ grants }: { grants: Grant[] }) => grants;

function Grants() {
  const { t } = useLingui();
  const list = useInfiniteQuery({ ...listGrantsInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(grantsOf) });
  const rows = rowsOfPages(list.data, grantsOf);
  const columns: Column<Grant>[] = [
    { id: 'source', header: t`Grant`, isKey: true, cell: ({ source }) => t(sourceWord[source]) },
    { id: 'left', header: t`Left`, widthPx: 140, align: 'end', isKey: true, cell: ({ remaining }) => <Credits value={remaining} /> },
    { id: 'amount', header: t`Of`, widthPx: 140, align: 'end', cell: ({ amount }) => <Credits value={amount} /> },
    { id: 'used', header: t`Used or reserved`, widthPx: 180, cell: (grant) => <Used grant={grant} /> },
    { id: 'for', header: t`For`, widthPx: 180, cell: (grant) => <For grant={grant} /> },
    { id: 'expires', header: t`Expires`, widthPx: 190, isKey: true, cell: (grant) => <Expiry grant={grant} /> },
  ];
  return (
    <Part title={t`Grants`}>
      <RowList
        list={list}
        label={t`Grants`}
        rows={rows}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No grant yet`}>
            <Trans>A grant is a lot of credits with a source and an expiry: a plan, a top-up, a service credit.</Trans>
          </Empty>
        }
      />
    </Part>
  );
}

function Used({ grant: { amount, remaining } }: { grant: Grant }) {
  const { t } = useLingui();
  const whole = parseCredits(amount);
  const used = percent(whole - parseCredits(remaining), whole);
  return <Meter label={t`${used} % used or reserved`} filledPct={used} />;
}

function For({ grant: { projectId, modelFamilies } }: { grant: Grant }) {
  const { t } = useLingui();
  const scope = useScope();
  if (projectId) return <a href={scope.path(`/organization/projects/${projectId}`)}>{t`one project`}</a>;
  if (modelFamilies) return modelFamilies.join(', ');
  return t`everything`;
}

function Expiry({ grant: { expiresAt, closedAt, effectiveAt } }: { grant: Grant }) {
  const { t } = useLingui();
  if (closedAt)
    return (
      <Chip glyph="⊘">
        {t`expired`} <Time at={closedAt} />
      </Chip>
    );
  if (new Date(effectiveAt) > new Date())
    return (
      <Chip glyph="○">
        {t`from`} <Time at={effectiveAt} isInstant />
      </Chip>
    );
  return expiresAt ? <Time at={expiresAt} /> : t`never`;
}
