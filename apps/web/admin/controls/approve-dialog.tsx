import { Trans, useLingui } from '@lingui/react/macro';
import { Text } from '@mantine/core';
import { approveProposal } from '#sdk/sdk.gen';
import type { Proposal } from '#sdk/types.gen';
import { useStopWords } from '#web/admin/controls/stop-words';
import { TouchedPanel, useTouched } from '#web/admin/controls/touched-list';
import { useAct } from '#web/parts/api/acting';
import { FormDialog } from '#web/parts/dialog/form-dialog';

/** Shows to the second person who wants what and why, and what it touches now. */
export function ApproveDialog({ proposal: { id, act, proposer, reason }, close }: { proposal: Proposal; close(): void }) {
  const { t } = useLingui();
  const what = useStopWords().actOf(act);
  const touched = useTouched(act);
  const approve = useAct({
    act: () => approveProposal({ path: { id }, throwOnError: true }),
    done: t`Approved: it takes effect`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Approve a proposal`} verb={t`Approve`} act={approve}>
      <Text fw={600}>{what}</Text>
      <Text>
        <Trans>
          {proposer} proposes it: {reason}
        </Trans>
      </Text>
      <TouchedPanel touched={touched} isApproval />
    </FormDialog>
  );
}
