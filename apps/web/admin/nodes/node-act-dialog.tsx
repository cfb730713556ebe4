import { Trans, useLingui } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { cordonNode, drainNode, uncordonNode } from '#sdk/sdk.gen';
import type { Node } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { Time } from '#web/parts/figures/figures';

export type NodeAct = 'cordon' | 'drain' | 'uncordon';

const CALLS = { cordon: cordonNode, drain: drainNode, uncordon: uncordonNode };

/** Names the node, counts what it touches and says when it will be empty; asks for the reason, which the audit log keeps. */
export function NodeActDialog({ act, node, emptyAt, close }: { act: NodeAct; node: Node; emptyAt: string | null; close(): void }) {
  const { t } = useLingui();
  const { nodeId, jobs, lanesInUse } = node;
  const [reason, setReason] = useState('');
  const words = {
    cordon: { title: t`Cordon ${nodeId}`, verb: t`Cordon node`, done: t`Cordoned the node` },
    drain: { title: t`Drain ${nodeId}`, verb: t`Drain node`, done: t`Drained the node` },
    uncordon: { title: t`Put ${nodeId} back`, verb: t`Put node back`, done: t`Put the node back` },
  }[act];
  const acting = useAct({
    act: () => CALLS[act]({ path: { nodeId }, body: { reason }, throwOnError: true }),
    done: words.done,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={words.title} verb={words.verb} act={acting}>
      {act === 'cordon' && (
        <p>
          <Trans>
            {jobs} jobs on {lanesInUse} lanes run on to their end. Nothing new starts here.
          </Trans>{' '}
          {emptyAt && (
            <>
              <Trans>Expected to be empty:</Trans> <Time at={emptyAt} />
            </>
          )}
        </p>
      )}
      {act === 'drain' && (
        <p>
          <Trans>
            {jobs} jobs on {lanesInUse} lanes are taken back now. They go on elsewhere after their last checkpoint; the node is empty within
            seconds.
          </Trans>
        </p>
      )}
      {act === 'uncordon' && (
        <p>
          <Trans>New work may start here again.</Trans>
        </p>
      )}
      <TextInput
        label={t`Reason`}
        required
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  );
}
