import { useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import type { Generation } from '#sdk/types.gen';
import { StateChip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import { useScope } from '#web/parts/scope/scope';
import type { ChoosableColumn } from '#web/parts/table/column-choice';
import { labelsOf, promptOf, servedFromWord, tierWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';

/** What a list can say of a generation. */
export function useGenerationColumns(): ChoosableColumn<Generation>[] {
  const { t } = useLingui();
  const scope = useScope();
  return [
    {
      id: 'prompt',
      header: t`Prompt`,
      isKey: true,
      cell: (one) => (
        <Link to={scope.path(`/generations/${one.id}`)} className={styles.prompt}>
          {one.assets ? (
            <img src={one.assets.thumbnail} alt="" loading="lazy" className={styles.thumb} />
          ) : (
            <span className={styles.thumb} aria-hidden />
          )}
          <span>{promptOf(one)}</span>
        </Link>
      ),
    },
    { id: 'state', header: t`State`, widthPx: 130, isKey: true, cell: ({ state }) => <StateChip state={state} /> },
    { id: 'model', header: t`Model`, widthPx: 130, cell: ({ model }) => model },
    { id: 'tier', header: t`Tier`, widthPx: 110, cell: ({ serviceTier }) => t(tierWord[serviceTier]) },
    { id: 'price', header: t`Credits`, widthPx: 110, align: 'end', cell: ({ cost }) => <Credits value={cost.priceCredits} /> },
    { id: 'created', header: t`Created`, widthPx: 150, isKey: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { id: 'ended', header: t`Ended`, widthPx: 150, isExtra: true, cell: ({ finishedAt }) => (finishedAt ? <Time at={finishedAt} /> : '–') },
    {
      id: 'served',
      header: t`Served from`,
      widthPx: 150,
      isExtra: true,
      cell: ({ servedFrom }) => (servedFrom ? t(servedFromWord[servedFrom]) : '–'),
    },
    {
      id: 'output',
      header: t`Output`,
      widthPx: 170,
      isExtra: true,
      cell: ({ output }) => `${output.widthPx} × ${output.heightPx} ${output.format}`,
    },
    { id: 'seed', header: t`Seed`, widthPx: 130, align: 'end', isExtra: true, cell: ({ seed }) => `${seed}` },
    { id: 'labels', header: t`Labels`, widthPx: 220, isExtra: true, cell: ({ labels }) => labelsOf(labels) || '–' },
    { id: 'failure', header: t`Cause`, widthPx: 200, isExtra: true, cell: ({ failureReason }) => failureReason ?? '–' },
  ];
}
