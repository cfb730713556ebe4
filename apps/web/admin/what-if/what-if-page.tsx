import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listSimulationsOptions } from '#sdk/@tanstack/react-query.gen';
import type { Simulation } from '#sdk/types.gen';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { useMayOperate } from '#web/admin/panel/tenants';
import { AnswerPanel } from '#web/admin/what-if/answer-panel';
import { AskPanel } from '#web/admin/what-if/ask-panel';
import { useChangeWords } from '#web/admin/what-if/change-words';
import { Time } from '#web/parts/figures/figures';
import { Page } from '#web/parts/shell/page';

/** What the last day would have been with other nodes, units or shares: replayed through the real planner. */
export function WhatIfPage() {
  const { t } = useLingui();
  const [{ simulation }, change] = useUrl();
  const wordsOf = useChangeWords();
  const mayOperate = useMayOperate();
  const asked = useQuery(listSimulationsOptions());
  const columns: TableColumn<Simulation>[] = [
    { head: t`Asked`, name: 'asked at', cell: ({ askedAt }) => <Time at={askedAt} />, value: ({ askedAt }) => askedAt },
    { head: t`Pool class`, name: 'pool class', cell: ({ poolClass }) => poolClass },
    { head: t`Changes`, name: 'changes', cell: ({ changes }) => changes.map(wordsOf).join('; ') },
    { head: t`State`, name: 'state', cell: ({ state }) => state },
    {
      head: t`Answer`,
      cell: ({ id, askedAt }) => (
        <Button variant="default" size="compact-sm" aria-label={t`Show answer: ${askedAt}`} onClick={() => change({ simulation: id })}>
          {t`Show answer`}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t`What-if`}>
      {mayOperate && <AskPanel />}
      {simulation && <AnswerPanel key={simulation} id={simulation} />}
      <TablePanel
        id="asked"
        title={t`Asked before`}
        query={asked}
        rows={asked.data?.simulations}
        columns={columns}
        empty={{ title: t`Nothing asked yet`, text: t`What you ask is kept here with its answer.` }}
      />
    </Page>
  );
}
