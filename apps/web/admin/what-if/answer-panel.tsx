import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getSimulationOptions } from '#sdk/@tanstack/react-query.gen';
import type { SimulationFigures } from '#sdk/types.gen';
import { TablePanel } from '#web/admin/panel/table-panel';
import { Time } from '#web/parts/figures/figures';
import { useLanguage } from '#web/parts/words/language';

const LOOK_EVERY_MS = 1_000;

/** What a person asks first; named and counted as by `npm run simulate`. */
const FIGURES: readonly { name: keyof SimulationFigures; word: MessageDescriptor }[] = [
  { name: 'lanes', word: msg`Lanes` },
  { name: 'sold_units', word: msg`Sold units` },
  { name: 'ded_le_1s_pct', word: msg`Dedicated starts within 1 s, %` },
  { name: 'entitled_le_1s_pct', word: msg`Entitled starts within 1 s, %` },
  { name: 'wait_p50_s', word: msg`Wait P50, s` },
  { name: 'wait_p99_s', word: msg`Wait P99, s` },
  { name: 'light_wait_p99_s', word: msg`Wait P99 of light tenants, s` },
  { name: 'lag_max_s', word: msg`Longest lag behind the guarantee, s` },
  { name: 'work_conserving_pct', word: msg`Lanes busy while work waits, %` },
  { name: 'recalls', word: msg`Recalls` },
  { name: 'lost_pct', word: msg`Work lost by recalls, %` },
  { name: 'jain', word: msg`Fairness (Jain)` },
  { name: 'model_miss_pct', word: msg`Starts without the model loaded, %` },
  { name: 'unserved', word: msg`Never started` },
];

/** How far a question is, and its answer beside the day as it was. */
export function AnswerPanel({ id }: { id: string }) {
  const { t } = useLingui();
  const language = useLanguage();
  const query = useQuery({
    ...getSimulationOptions({ path: { id } }),
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' || state.data?.state === 'running' ? LOOK_EVERY_MS : false),
  });
  const { state, progress = 0, result, failure } = query.data ?? {};
  const pct = Math.round(progress * 100);
  const figure = (value: number) => value.toLocaleString(language, { maximumFractionDigits: 3 });
  const rows = result && FIGURES.map(({ name, word }) => ({ name, word, before: result.before[name], after: result.after[name] }));
  return (
    <TablePanel
      id="answer"
      title={t`Before and after`}
      metric="halogen_simulations"
      query={query}
      rows={rows ?? (query.data ? [] : undefined)}
      columns={[
        { head: t`Figure`, name: 'figure', cell: ({ word }) => t(word), value: ({ name }) => name },
        { head: t`As it was`, name: 'before', cell: ({ before }) => figure(before), value: ({ before }) => before },
        { head: t`As it would be`, name: 'after', cell: ({ after }) => figure(after), value: ({ after }) => after },
        { head: t`Difference`, name: 'difference', cell: (one) => figure(one.after - one.before), value: (one) => one.after - one.before },
      ]}
      empty={{
        title: state === 'failed' ? t`It could not be replayed` : t`The day is being replayed`,
        text: failure ?? t`The answer appears here by itself.`,
      }}
    >
      {(state === 'waiting' || state === 'running') && <Progress value={pct} aria-label={t`${pct} % replayed`} />}
      {result && (
        <p>
          <Trans>
            {result.jobs} jobs since <Time at={result.from} isInstant />
          </Trans>
        </p>
      )}
    </TablePanel>
  );
}
