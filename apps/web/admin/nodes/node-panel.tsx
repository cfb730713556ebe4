import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getNodeOptions } from '#sdk/@tanstack/react-query.gen';
import type { GetNodeResponse } from '#sdk/types.gen';
import { type NodeAct, NodeActDialog } from '#web/admin/nodes/node-act-dialog';
import { NODE_STATE_WORDS } from '#web/admin/nodes/node-words';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { useMayOperate } from '#web/admin/panel/tenants';
import { TIER_WORDS } from '#web/admin/queue/queue-words';
import { Chip, useStateWord } from '#web/parts/chip/state-chip';
import { Time } from '#web/parts/figures/figures';

type Job = GetNodeResponse['jobs'][number];
const READ_EVERY_MS = 5_000;

/** The jobs of one node, when it will be empty if it gets no more, and what may be done to it. */
export function NodePanel({ nodeId }: { nodeId: string }) {
  const { t } = useLingui();
  const [, change] = useUrl();
  const mayOperate = useMayOperate();
  const wordOf = useStateWord();
  const [act, setAct] = useState<NodeAct>();
  const query = useQuery({ ...getNodeOptions({ path: { nodeId } }), refetchInterval: READ_EVERY_MS });
  const { node, jobs, emptyAt } = query.data ?? {};
  const columns: TableColumn<Job>[] = [
    {
      head: t`Generation`,
      name: 'generation',
      value: ({ generationId }) => generationId,
      cell: ({ generationId }) => <code>{generationId}</code>,
    },
    { head: t`Tenant`, name: 'tenant', cell: ({ tenantName }) => tenantName },
    { head: t`Model`, name: 'model', cell: ({ model }) => model },
    {
      head: t`Tier`,
      name: 'tier',
      value: (job) => job.serviceTier,
      cell: (job) => t(TIER_WORDS[job.serviceTier] ?? { id: job.serviceTier }),
    },
    { head: t`Lanes`, name: 'lanes', cell: ({ lanes }) => lanes },
    {
      head: t`State`,
      name: 'state',
      value: ({ state }) => state,
      cell: (job) => (job.isEnded ? t`ending` : wordOf(job.state as 'running')),
    },
    { head: t`Admitted`, name: 'admitted at', value: ({ admittedAt }) => admittedAt, cell: ({ admittedAt }) => <Time at={admittedAt} /> },
    {
      head: t`Expected end`,
      name: 'expected end',
      value: ({ expectedEndAt }) => expectedEndAt,
      cell: ({ expectedEndAt }) => <Time at={expectedEndAt} />,
    },
  ];
  return (
    <TablePanel
      id="node"
      title={t`Jobs of ${nodeId}`}
      metric="halogen_lanes"
      query={query}
      rows={jobs}
      columns={columns}
      empty={{ title: t`The node is empty`, text: t`No lease holds any of its lanes.` }}
      controls={
        <>
          {node && <Chip glyph={NODE_STATE_WORDS[node.state].glyph}>{t(NODE_STATE_WORDS[node.state].word)}</Chip>}
          {mayOperate && node?.state === 'in_service' && (
            <Button variant="default" size="compact-sm" onClick={() => setAct('cordon')}>
              <Trans>Cordon node</Trans>
            </Button>
          )}
          {mayOperate && (node?.state === 'in_service' || node?.state === 'cordoned') && (
            <Button color="danger" size="compact-sm" onClick={() => setAct('drain')}>
              <Trans>Drain node</Trans>
            </Button>
          )}
          {mayOperate && node && node.state !== 'in_service' && (
            <Button variant="default" size="compact-sm" onClick={() => setAct('uncordon')}>
              <Trans>Put node back</Trans>
            </Button>
          )}
          <Button variant="default" size="compact-sm" onClick={() => change({ node: null })}>
            <Trans>Close node</Trans>
          </Button>
        </>
      }
    >
      {emptyAt && node?.state !== 'in_service' && (
        <p role="status">
          <Trans>Expected to be empty:</Trans> <Time at={emptyAt} />
        </p>
      )}
      {act && node && <NodeActDialog act={act} node={node} emptyAt={emptyAt ?? null} close={() => setAct(undefined)} />}
    </TablePanel>
  );
}
