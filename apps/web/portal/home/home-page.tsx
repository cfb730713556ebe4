import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getBalanceOptions, listGenerationsOptions } from '#sdk/@tanstack/react-query.gen';
import type { Generation } from '#sdk/types.gen';
import { type GenerationState, StateChip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import { useLive } from '#web/parts/live/live';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { promptOf } from '#web/portal/generations/generation-words';
import styles from '#web/portal/home/home.module.css';
import { OperatorNotice } from '#web/portal/home/operator-notice';

const ROWS = 5;

/** What needs me: what failed, what runs, what there is to spend. Each panel stands by itself. */
export function HomePage() {
  const { t } = useLingui();
  const scope = useScope();
  return (
    <Page
      title={t`Home`}
      actions={
        scope.may('generations:write') && (
          <Button component={Link} to={scope.path('/generations/new')}>
            <Trans>New generation</Trans>
          </Button>
        )
      }
    >
      {scope.may('audit:read') && <OperatorNotice />}
      <div className={styles.panels}>
        {scope.may('ledger:read') && <Balance />}
        <Some title={t`Running now`} state="running" none={t`Nothing runs.`} />
        <Some title={t`Waiting`} state="queued" none={t`Nothing waits.`} />
        <Some title={t`Failed`} state="failed" none={t`Nothing has failed.`} />
      </div>
    </Page>
  );
}

function Balance() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(getBalanceOptions());
  return (
    <section className={styles.panel} aria-label={t`Credits`}>
      <Title order={2}>
        <Trans>Credits</Trans>
      </Title>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The balance`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={2} />}
      {data && (
        <dl className={styles.figures}>
          <div>
            <dt>
              <Trans>Available</Trans>
            </dt>
            <dd>
              <Credits value={data.availableCredits} />
            </dd>
          </div>
          <div>
            <dt>
              <Trans>Reserved</Trans>
            </dt>
            <dd>
              <Credits value={data.reservedCredits} />
            </dd>
          </div>
        </dl>
      )}
    </section>
  );
}

function Some({ title, state, none }: { title: string; state: GenerationState; none: string }) {
  const scope = useScope();
  const { data, error, refetch } = useQuery(listGenerationsOptions({ query: { state, limit: ROWS } }));
  const generations = data?.generations ?? [];
  const unfinished = generations.filter(({ finishedAt }) => finishedAt === null).map(({ id }) => `generation:${id}`);
  useLive(['generations', ...unfinished], () => void refetch());
  return (
    <section className={styles.panel} aria-label={title}>
      <Title order={2}>{title}</Title>
      {error && <ErrorPanel error={error as unknown as Error} what={title} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && generations.length === 0 && <p className={styles.none}>{none}</p>}
      <ul className={styles.rows}>
        {generations.map((one) => (
          <Row key={one.id} generation={one} href={scope.path(`/generations/${one.id}`)} />
        ))}
      </ul>
      {data?.nextCursor && (
        <Anchor component={Link} to={`${scope.path('/generations')}?state=${state}`}>
          <Trans>All of them</Trans>
        </Anchor>
      )}
    </section>
  );
}

function Row({ generation, href }: { generation: Generation; href: string }) {
  return (
    <li>
      <Anchor component={Link} to={href} className={styles.prompt}>
        {promptOf(generation)}
      </Anchor>
      <StateChip state={generation.state} />
      <span className={styles.time}>
        <Time at={generation.createdAt} />
      </span>
    </li>
  );
}
