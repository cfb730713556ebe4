import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listPoolsOptions } from '#sdk/@tanstack/react-query.gen';
import { setPoolTerms } from '#sdk/sdk.gen';
import type { Pool } from '#sdk/types.gen';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { useMayOperate } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { Chip } from '#web/parts/chip/state-chip';
import { FormDialog } from '#web/parts/dialog/form-dialog';

/** The pools of a class, and whether what they are sent may be used for training. */
export function PoolsPanel({ poolClass }: { poolClass: string }) {
  const { t } = useLingui();
  const mayOperate = useMayOperate();
  const [edited, setEdited] = useState<Pool>();
  const query = useQuery(listPoolsOptions());
  const rows = query.data?.pools.filter((pool) => pool.poolClass === poolClass);
  const columns: TableColumn<Pool>[] = [
    { head: t`Pool`, name: 'pool', cell: ({ poolId }) => poolId },
    { head: t`Site`, name: 'site', cell: ({ siteId }) => siteId },
    { head: t`Nodes`, name: 'nodes', cell: ({ nodes }) => nodes },
    {
      head: t`What it is sent`,
      name: 'trains on inputs',
      value: ({ trainsOnInputs }) => (trainsOnInputs ? 'yes' : 'no'),
      cell: ({ trainsOnInputs }) =>
        trainsOnInputs ? <Chip glyph="▲">{t`may be trained on`}</Chip> : <Chip glyph="✓">{t`is never trained on`}</Chip>,
    },
    ...(mayOperate
      ? [
          {
            head: t`Actions`,
            cell: (pool: Pool) => (
              <Button variant="default" size="compact-sm" onClick={() => setEdited(pool)} aria-label={t`Set terms of ${pool.poolId}`}>
                <Trans>Set terms</Trans>
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <>
      <TablePanel
        id="pools"
        title={t`Pools of ${poolClass}`}
        metric="halogen_lanes"
        query={query}
        rows={rows}
        columns={columns}
        empty={{ title: t`No pool`, text: t`This pool class has no pool yet.` }}
      />
      {edited && <TermsDialog pool={edited} close={() => setEdited(undefined)} />}
    </>
  );
}

/** Says whose work stays away from then on; asks for the reason, which the audit log keeps. */
function TermsDialog({ pool: { poolId, trainsOnInputs: before }, close }: { pool: Pool; close(): void }) {
  const { t } = useLingui();
  const [trainsOnInputs, setTrains] = useState(before);
  const [reason, setReason] = useState('');
  const save = useAct({
    act: () => setPoolTerms({ path: { poolId }, body: { trainsOnInputs, reason }, throwOnError: true }),
    done: t`Set the terms`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Terms of ${poolId}`} verb={t`Set terms`} act={save}>
      <Checkbox
        label={t`What it is sent may be used for training`}
        checked={trainsOnInputs}
        onChange={({ currentTarget }) => setTrains(currentTarget.checked)}
        data-autofocus
      />
      <p>
        {trainsOnInputs ? (
          <Trans>
            Only work of projects that allow training starts here from now on. Other work goes to the other pools of the class, and is
            refused where there is none.
          </Trans>
        ) : (
          <Trans>Any work may start here.</Trans>
        )}
      </p>
      <TextInput
        label={t`Reason`}
        required
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
    </FormDialog>
  );
}
