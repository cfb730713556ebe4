import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { getGenerationOptions } from '#sdk/@tanstack/react-query.gen';
import type { Generation } from '#sdk/types.gen';
import { StateChip } from '#web/parts/chip/state-chip';
import { Credits } from '#web/parts/figures/figures';
import { Facts } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { comparedIds } from '#web/portal/generations/compared-ids';
import { FilmGroup } from '#web/portal/generations/film-keys';
import { promptOf, tierWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';
import { Viewer } from '#web/portal/generations/viewer';

/** Two to four generations beside each other. Keys of the viewer move all of them, so that films are compared frame by frame. */
export function ComparePage() {
  const { t } = useLingui();
  const scope = useScope();
  const ids = comparedIds((useSearch({ strict: false }) as { ids?: unknown }).ids);
  const queries = useQueries({ queries: ids.map((id) => getGenerationOptions({ path: { id } })) });
  return (
    <Page
      title={t`Compare generations`}
      actions={
        <Button variant="default" component={Link} to={scope.path('/generations')}>
          <Trans>Back to the list</Trans>
        </Button>
      }
    >
      {ids.length === 0 && (
        <Empty title={t`Nothing to compare is chosen`}>
          <Trans>Choose two to four generations in the list, then compare them.</Trans>
        </Empty>
      )}
      <FilmGroup>
        <div className={styles.compared} data-count={ids.length}>
          {queries.map(({ data, error, refetch }, at) => (
            <div key={ids[at]}>
              {data && <Compared generation={data} />}
              {error && <ErrorPanel error={error as unknown as Error} what={t`The generation`} retry={() => void refetch()} />}
              {!data && !error && <Loading lines={6} />}
            </div>
          ))}
        </div>
      </FilmGroup>
    </Page>
  );
}

function Compared({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const scope = useScope();
  const { id, model, seed, state, serviceTier, output, cost } = generation;
  return (
    <article aria-label={promptOf(generation)}>
      {generation.assets ? (
        <Viewer generation={generation} />
      ) : (
        <div className={`${styles.stage} ${styles.waiting}`}>{t`There is no picture`}</div>
      )}
      <p className={styles.comparedPrompt}>
        <Link to={scope.path(`/generations/${id}`)}>{promptOf(generation)}</Link>
      </p>
      <Facts
        items={[
          [t`State`, <StateChip key="state" state={state} />],
          [t`Model`, model],
          [t`Tier`, t(tierWord[serviceTier])],
          [t`Seed`, <span key="seed" className="figures">{`${seed}`}</span>],
          [t`Output`, `${output.widthPx} × ${output.heightPx} ${output.format}`],
          [t`Price`, <Credits key="price" value={cost.priceCredits} />],
        ]}
      />
    </article>
  );
}
