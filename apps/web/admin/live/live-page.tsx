import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect, Title } from '@mantine/core';
import { LaneCounts } from '#web/admin/live/lane-counts';
import { LaneMap } from '#web/admin/live/lane-map';
import { LaneTable, laneRows } from '#web/admin/live/lane-table';
import { useLanesSource } from '#web/admin/live/lanes-source';
import styles from '#web/admin/live/live.module.css';
import { Past } from '#web/admin/live/past';
import { UseOverTime } from '#web/admin/live/use-over-time';
import { Panel } from '#web/admin/panel/panel';
import { usePoolClasses } from '#web/admin/panel/pool-classes';
import { PoolSelect } from '#web/admin/panel/pool-select';
import { useUrl } from '#web/admin/panel/search';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';

/** Every lane of a pool class: what it does, for whom, and what lanes were used for. Of now, or of a moment of the last day. */
export function LivePage() {
  const { t } = useLingui();
  const [{ pool, at, site, node }, change] = useUrl();
  const pools = usePoolClasses();
  const poolClass = pool ?? pools.data?.[0]?.poolClass;
  return (
    <Page title={t`Live`}>
      {pools.error && <ErrorPanel error={pools.error} what={t`Pool classes`} retry={pools.retry} />}
      {pools.isPending && <Loading lines={8} />}
      {pools.data?.length === 0 && <Empty title={t`No pool class yet`}>{t`Lanes are shown as soon as a pool class has nodes.`}</Empty>}
      {poolClass && (
        <Pool
          key={poolClass}
          poolClass={poolClass}
          soldUnits={pools.data?.find((one) => one.poolClass === poolClass)?.soldUnits}
          {...{ at, site, node, change }}
        />
      )}
    </Page>
  );
}

interface PoolProps {
  poolClass: string;
  soldUnits: number | undefined;
  at: string | undefined;
  site: string | undefined;
  node: string | undefined;
  change: ReturnType<typeof useUrl>[1];
}

function Pool({ poolClass, soldUnits, at, site, node, change }: PoolProps) {
  const { t } = useLingui();
  const { source, isShown, pausedSinceMs } = useLanesSource(poolClass, at);
  const sites = isShown ? [...new Set(source.current?.ranges.map(({ siteId }) => siteId))] : [];
  const shownSites = sites.filter((one) => site === undefined || one === site);
  return (
    <>
      <div className={styles.bar}>
        <PoolSelect forget={['site', 'node']} />
        <NativeSelect
          label={t`Site`}
          data={[{ value: '', label: t`All sites` }, ...sites]}
          value={site ?? ''}
          onChange={({ currentTarget }) => change({ site: currentTarget.value, node: null })}
        />
        {node && (
          <Button variant="default" onClick={() => change({ node: null, site: site ?? null })}>
            <Trans>Show all nodes</Trans>
          </Button>
        )}
      </div>
      <Past at={at} change={change} />
      {pausedSinceMs !== undefined && at === undefined && (
        <p role="status">
          {isShown ? (
            <Trans>Lanes are not live since {new Date(pausedSinceMs).toISOString().slice(11, 19)} UTC, reconnecting</Trans>
          ) : (
            <Trans>There are no lanes to show: nobody plans this pool class now. Looking again every few seconds.</Trans>
          )}
        </p>
      )}
      {pausedSinceMs !== undefined && at !== undefined && (
        <p role="status">
          <Trans>No picture is kept of that moment.</Trans>
        </p>
      )}
      <Panel
        id="lanes"
        title={t`Lanes`}
        metric="halogen_lanes"
        csv={() => [['site', 'node', 'lane', 'state', 'tenant'], ...laneRows(source)]}
        table={() => <LaneTable source={source} isShown={isShown} />}
      >
        <LaneCounts source={source} />
        {!isShown && pausedSinceMs === undefined && <Loading lines={6} />}
        {shownSites.map((siteId) => (
          <section key={siteId} className={styles.site} aria-label={t`Site ${siteId}`}>
            <Title order={3}>
              {siteId}
              {node && ` › ${node}`}
            </Title>
            <LaneMap source={source} siteId={siteId} node={node} choose={(nodeId) => change({ site: siteId, node: nodeId })} />
          </section>
        ))}
      </Panel>
      <UseOverTime poolClass={poolClass} soldUnits={soldUnits} source={at === undefined ? source : undefined} at={at} />
    </>
  );
}
