import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listProposalsOptions } from '#sdk/@tanstack/react-query.gen';
import { declineProposal } from '#sdk/sdk.gen';
import type { Proposal } from '#sdk/types.gen';
import { ApproveDialog } from '#web/admin/controls/approve-dialog';
import { useStopWords } from '#web/admin/controls/stop-words';
import { Panel } from '#web/admin/panel/panel';
import { useMayOperate } from '#web/admin/panel/tenants';
import { useAct } from '#web/parts/api/acting';
import { Time } from '#web/parts/figures/figures';
import { Empty } from '#web/parts/states/empty';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

const LOOK_EVERY_MS = 10_000;

/** The gravest acts, which one operator proposes and another one approves. */
export function Proposals() {
  const { t } = useLingui();
  const words = useStopWords();
  const { data, error, refetch } = useQuery({ ...listProposalsOptions(), refetchInterval: LOOK_EVERY_MS });
  const [approving, setApproving] = useState<Proposal>();
  const proposals = data?.proposals ?? [];
  const states = { open: t`waits for a second person`, approved: t`approved`, declined: t`declined`, expired: t`expired` };
  return (
    <Panel
      id="proposals"
      title={t`Proposals`}
      metric="halogen_proposals"
      csv={() => [
        ['what', 'reason', 'by', 'at', 'state', 'decided by'],
        ...proposals.map((one) => [words.actOf(one.act), one.reason, one.proposer, one.proposedAt, one.state, one.decider]),
      ]}
    >
      {error && <ErrorPanel error={error as unknown as Error} what={t`Proposals`} retry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && proposals.length === 0 && (
        <Empty title={t`Nothing was proposed`}>
          {t`To stop everybody, to take what is sold or a whole site takes two: one operator proposes it, another one approves it.`}
        </Empty>
      )}
      {proposals.length > 0 && (
        <PlainTable
          label={t`Proposals`}
          heads={[t`What`, t`Reason`, t`Proposed by`, t`State`, t`Expires`, t`Decide`]}
          rows={proposals.map((one) => [
            words.actOf(one.act),
            one.reason,
            one.proposer,
            one.decider ? t`${states[one.state]}: ${one.decider}` : states[one.state],
            one.state === 'open' ? <Time key="expires" at={one.expiresAt} /> : '–',
            <Decide key="decide" proposal={one} approve={() => setApproving(one)} />,
          ])}
        />
      )}
      {approving && <ApproveDialog proposal={approving} close={() => setApproving(undefined)} />}
    </Panel>
  );
}

function Decide({ proposal, approve }: { proposal: Proposal; approve(): void }) {
  const { t } = useLingui();
  const mayOperate = useMayOperate();
  const what = useStopWords().actOf(proposal.act);
  const decline = useAct({
    act: () => declineProposal({ path: { id: proposal.id }, throwOnError: true }),
    done: proposal.isOwn ? t`Withdrew the proposal` : t`Declined the proposal`,
  });
  if (!mayOperate || proposal.state !== 'open') return '–';
  return (
    <Group gap="xs">
      {!proposal.isOwn && (
        <Button size="compact-sm" aria-label={t`Approve: ${what}`} onClick={approve}>
          <Trans>Approve</Trans>
        </Button>
      )}
      <Button
        variant="default"
        size="compact-sm"
        aria-label={proposal.isOwn ? t`Withdraw: ${what}` : t`Decline: ${what}`}
        onClick={() => decline.mutate(undefined)}
      >
        {proposal.isOwn ? <Trans>Withdraw</Trans> : <Trans>Decline</Trans>}
      </Button>
    </Group>
  );
}
