import { Trans, useLingui } from '@lingui/react/macro';
import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { listNodesOptions } from '#sdk/@tanstack/react-query.gen';
import type { Node } from '#sdk/types.gen';
import styles from '#web/admin/live/live.module.css';
import { NodePanel } from '#web/admin/nodes/node-panel';
import { FAILURE_WORDS, NODE_STATE_WORDS } from '#web/admin/nodes/node-words';
import { PoolsPanel } from '#web/admin/nodes/pools-panel';
import { PoolSelect, usePoolClass } from '#web/admin/panel/pool-select';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { Chip } from '#web/parts/chip/state-chip';
import { Time } from '#web/parts/figures/figures';
import { Page } from '#web/parts/shell/page';

const PAGE_NODES = 50;
const READ_EVERY_MS = 10_000;

/** The nodes of a pool class, what each runs and has loaded, and what failed on it; one of them with its jobs. */
export function NodesPage() {
  const { t } = useLingui();
  const [{ node }] = useUrl();
  const poolClass = usePoolClass();
  return (
    <Page title={t`Nodes`}>
      {node && <NodePanel key={node} nodeId={node} />}
      {poolClass && <Nodes poolClass={poolClass} />}
      {poolClass && <PoolsPanel poolClass={poolClass} />}
    </Page>
  );
}

function Nodes({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const [{ state, after }, change] = useUrl();
  const nodes = useQuery({
    ...listNodesOptions({ query: { poolClass, state: state as Node['state'] | undefined, after, limit: PAGE_NODES } }),
    refetchInterval: READ_EVERY_MS,
    placeholderData: (before) => before,
  });
  const rows = nodes.data?.nodes;
  const failuresOf = ({ failures }: Node) => failures.map(({ cause, leases }) => `${leases} × ${t(FAILURE_WORDS[cause])}`).join(', ');
  const columns: TableColumn<Node>[] = [
    {
      head: t`Node`,
      name: 'node',
      value: ({ nodeId }) => nodeId,
      cell: ({ nodeId }) => (
        <Button variant="default" size="compact-sm" onClick={() => change({ node: nodeId })} aria-label={t`Open node ${nodeId}`}>
          {nodeId}
        </Button>
      ),
    },
    { head: t`Site`, name: 'site', cell: ({ siteId }) => siteId },
    {
      head: t`State`,
      name: 'state',
      value: ({ state: at }) => at,
      cell: ({ state: at }) => <Chip glyph={NODE_STATE_WORDS[at].glyph}>{t(NODE_STATE_WORDS[at].word)}</Chip>,
    },
    {
      head: t`Lanes in use`,
      name: 'lanes in use',
      value: ({ lanesInUse }) => lanesInUse,
      cell: (one) => `${one.lanesInUse} / ${one.lanes}`,
    },
    { head: t`Jobs`, name: 'jobs', cell: ({ jobs }) => jobs },
    {
      head: t`Last heard`,
      name: 'last heard',
      value: ({ lastHeardAt }) => lastHeardAt,
      cell: ({ lastHeardAt }) => (lastHeardAt ? <Time at={lastHeardAt} /> : t`never`),
    },
    { head: t`Resident models`, name: 'resident models', cell: ({ residentModels }) => residentModels.join(', ') || '–' },
    { head: t`Failures in 24 h`, name: 'failures', cell: (one) => failuresOf(one) || '–' },
  ];
  return (
    <>
      <div className={styles.bar}>
        <PoolSelect forget={['after', 'node']} />
        <NativeSelect
          label={t`State`}
          data={[
            { value: '', label: t`All states` },
            ...Object.entries(NODE_STATE_WORDS).map(([value, { word }]) => ({ value, label: t(word) })),
          ]}
          value={state ?? ''}
          onChange={({ currentTarget }) => change({ state: currentTarget.value, after: null })}
        />
      </div>
      <TablePanel
        id="nodes"
        title={t`Nodes of ${poolClass}`}
        metric="halogen_lanes"
        query={nodes}
        rows={rows}
        columns={columns}
        empty={{ title: t`No such node`, text: t`No node of this pool class is in this state.` }}
        controls={
          <>
            {after && (
              <Button variant="default" size="compact-sm" onClick={() => change({ after: null })}>
                <Trans>First page</Trans>
              </Button>
            )}
            {rows?.length === PAGE_NODES && (
              <Button variant="default" size="compact-sm" onClick={() => change({ after: rows.at(-1)?.nodeId })}>
                <Trans>Next page</Trans>
              </Button>
            )}
          </>
        }
      />
    </>
  );
}
