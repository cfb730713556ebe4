import { Trans, useLingui } from '@lingui/react/macro';
import { Button, CopyButton, Table, Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { getGenerationMetersOptions, getGenerationOptions, listTransfersOptions } from '#sdk/@tanstack/react-query.gen';
import { cancelGeneration } from '#sdk/sdk.gen';
import type { Generation } from '#sdk/types.gen';
import { StateChip } from '#web/parts/chip/state-chip';
import { ConfirmDialog } from '#web/parts/dialog/confirm-dialog';
import { Credits, Time } from '#web/parts/figures/figures';
import { formatSpan } from '#web/parts/figures/format';
import { useLive } from '#web/parts/live/live';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel, TraceId } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { promptOf, servedFromWord, tierWord, waitWord } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';
import { newerOf } from '#web/portal/generations/newer';
import { Viewer } from '#web/portal/generations/viewer';

const TABS = ['details', 'timeline', 'ledger', 'call'] as const;
const WAIT_ASKED_EVERY_MS = 5_000;

/** One generation: what was made, why it waits, what it cost, and all that happened to it. */
export function GenerationPage() {
  const { t } = useLingui();
  const { id } = useParams({ strict: false }) as { id: string };
  const options = getGenerationOptions({ path: { id } });
  const client = useQueryClient();
  const {
    data: generation,
    error,
    refetch,
  } = useQuery({
    ...options,
    structuralSharing: (before, after) => newerOf(before as Generation | undefined, after as Generation),
  });
  useLive(generation && generation.finishedAt === null ? [`generation:${id}`] : [], ({ event, data }) => {
    if (event !== 'generation') return;
    const changed = JSON.parse(data) as Generation;
    if (changed.id === id) client.setQueryData(options.queryKey, changed);
  });
  if (error) {
    return (
      <Page title={t`Generation`}>
        <ErrorPanel error={error as unknown as Error} what={t`The generation`} retry={() => void refetch()} />
      </Page>
    );
  }
  if (!generation) {
    return (
      <Page title={t`Generation`}>
        <Loading lines={8} />
      </Page>
    );
  }
  return <Shown generation={generation} />;
}

function Shown({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const scope = useScope();
  const navigate = useNavigate();
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const shown = TABS.find((one) => one === tab) ?? 'details';
  const { assets, finishedAt, output, state } = generation;
  const title = promptOf(generation);
  return (
    <Page
      title={title.length > 120 ? `${title.slice(0, 120)}…` : title}
      actions={
        <>
          {assets && (
            <Button variant="default" component="a" href={assets.video ?? assets.image} download={`${generation.id}.${output.format}`}>
              <Trans>Download {output.kind === 'video' ? t`video` : t`image`}</Trans>
            </Button>
          )}
          {finishedAt === null && scope.may('generations:write') && <Cancel generation={generation} />}
        </>
      }
    >
      <div className={styles.columns}>
        <div>{assets ? <Viewer generation={generation} /> : <NoPicture generation={generation} />}</div>
        <div>
          {state === 'queued' && <Wait id={generation.id} />}
          <Details generation={generation} />
        </div>
      </div>
      <Tabs
        value={shown}
        onChange={(value) => void navigate({ to: '.', search: { tab: value }, replace: true })}
        mt="lg"
        keepMounted={false}
      >
        <Tabs.List aria-label={t`More about this generation`}>
          <Tabs.Tab value="details">
            <Trans>Request</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="timeline">
            <Trans>Timeline</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="ledger">
            <Trans>Ledger lines</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="call">
            <Trans>As API call</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="details" pt="md">
          <pre className={styles.code}>{JSON.stringify(generation.request, null, 2)}</pre>
        </Tabs.Panel>
        <Tabs.Panel value="timeline" pt="md">
          <Timeline generation={generation} />
        </Tabs.Panel>
        <Tabs.Panel value="ledger" pt="md">
          <LedgerLines id={generation.id} state={state} />
        </Tabs.Panel>
        <Tabs.Panel value="call" pt="md">
          <AsCall generation={generation} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function NoPicture({ generation: { state, failureReason } }: { generation: Generation }) {
  return (
    <div className={`${styles.stage} ${styles.waiting}`}>
      {state === 'failed' && <Trans>It failed: {failureReason}. What it held is released.</Trans>}
      {state === 'cancelled' && <Trans>It was cancelled. What it held is released.</Trans>}
      {state === 'completed' && <Trans>Its media have been deleted.</Trans>}
      {state === 'queued' && <Trans>It waits for a lane.</Trans>}
      {(state === 'admitted' || state === 'running') && <Trans>It is being made.</Trans>}
    </div>
  );
}

/** Why it waits and when it will start: an interval, never a point. */
function Wait({ id }: { id: string }) {
  const { t } = useLingui();
  const { data } = useQuery({ ...getGenerationMetersOptions({ path: { id } }), refetchInterval: WAIT_ASKED_EVERY_MS });
  const wait = data?.wait;
  if (!wait) return null;
  const { position, startP50, startP90 } = wait;
  return (
    <section className={styles.wait} aria-label={t`Why it waits`}>
      <p>
        <strong>{t(waitWord[wait.reason])}</strong>
      </p>
      {position !== null && (
        <p>
          <Trans>Position {position} in the queue.</Trans>
        </p>
      )}
      {startP50 && startP90 && (
        <p>
          <Trans>
            Starts in {spanUntil(startP50)} to {spanUntil(startP90)} (90 %).
          </Trans>
        </p>
      )}
    </section>
  );
}

function spanUntil(at: string): string {
  return formatSpan(Math.max(0, new Date(at).getTime() - Date.now()));
}

function Details({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const { output, cost, labels, servedFrom, serviceTier, seed, state, stages } = generation;
  const done = stages.filter((stage) => stage.state === 'done').length;
  return (
    <section aria-label={t`Details`}>
      <dl className={styles.facts}>
        <dt>
          <Trans>State</Trans>
        </dt>
        <dd aria-live="polite">
          <StateChip state={state} note={state === 'running' ? `${Math.round((100 * done) / stages.length)} %` : undefined} />
        </dd>
        <dt>
          <Trans>Model</Trans>
        </dt>
        <dd>{generation.model}</dd>
        <dt>
          <Trans>Output</Trans>
        </dt>
        <dd>
          {output.widthPx} × {output.heightPx} {output.format}
          {output.durationS !== undefined && `, ${output.durationS} s, ${output.framesPerSecond} fps`}
        </dd>
        <dt>
          <Trans>Tier</Trans>
        </dt>
        <dd>
          {t(tierWord[serviceTier])}
          {servedFrom && (
            <>
              , <Trans>served from {t(servedFromWord[servedFrom])}</Trans>
            </>
          )}
        </dd>
        <dt>
          <Trans>Price</Trans>
        </dt>
        <dd>
          <Trans>
            <Credits value={cost.priceCredits} /> credits
          </Trans>
        </dd>
        <dt>
          <Trans>Seed</Trans>
        </dt>
        <dd className="figures">{seed}</dd>
        <dt>
          <Trans>Created</Trans>
        </dt>
        <dd>
          <Time at={generation.createdAt} />
        </dd>
        {generation.finishedAt && (
          <>
            <dt>
              <Trans>Ended</Trans>
            </dt>
            <dd>
              <Time at={generation.finishedAt} />
            </dd>
          </>
        )}
        {Object.keys(labels).length > 0 && (
          <>
            <dt>
              <Trans>Labels</Trans>
            </dt>
            <dd>
              {Object.entries(labels)
                .map(([key, value]) => `${key}:${value}`)
                .join(', ')}
            </dd>
          </>
        )}
        <dt>
          <Trans>Id</Trans>
        </dt>
        <dd>
          <code>{generation.id}</code>
        </dd>
      </dl>
      {generation.traceId && <TraceId id={generation.traceId} />}
    </section>
  );
}

/** Says "cancelling…" until the event comes: a settle may win, and then the state says so. */
function Cancel({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelGeneration({ path: { id: generation.id } }),
    onSuccess: () => notifications.show({ message: t`Generation cancelled` }),
    onError: (error) => notifications.show({ message: error.message, color: 'danger' }),
    onSettled: () => {
      setAsked(false);
      void client.invalidateQueries();
    },
  });
  const isCancelling = cancel.isPending || cancel.isSuccess; // until the event takes the button away
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)} disabled={isCancelling}>
        {isCancelling ? <Trans>Cancelling…</Trans> : <Trans>Cancel generation</Trans>}
      </Button>
      <ConfirmDialog
        opened={isAsked}
        close={() => setAsked(false)}
        title={t`Cancel generation`}
        verb={t`Cancel generation`}
        confirm={() => cancel.mutate()}
        isPending={cancel.isPending}
      >
        <Trans>It stops where it is. The {generation.cost.reservedCredits} credits that it holds are released.</Trans>
      </ConfirmDialog>
    </>
  );
}

interface Moment {
  at: string;
  what: string;
}

function Timeline({ generation }: { generation: Generation }) {
  const { t } = useLingui();
  const moments = useMoments(generation);
  return (
    <div className={styles.scroll}>
      <Table aria-label={t`Timeline`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t`At (UTC)`}</Table.Th>
            <Table.Th scope="col">{t`After`}</Table.Th>
            <Table.Th scope="col">{t`What happened`}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {moments.map(({ at, what }) => (
            <Table.Tr key={`${at} ${what}`}>
              <Table.Td>{at.slice(0, 23).replace('T', ' ')}</Table.Td>
              <Table.Td>{formatSpan(new Date(at).getTime() - new Date(generation.createdAt).getTime())}</Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function useMoments({ createdAt, finishedAt, state, attempts, stages }: Generation): Moment[] {
  const { t } = useLingui();
  const endings: Record<string, string> = {
    taken_back: t`lease taken back, queued again`,
    handed_back: t`lease handed back, queued again`,
    recalled: t`recalled by the owner of the unit, queued again`,
  };
  const moments: (Moment | false)[] = [
    { at: createdAt, what: t`queued` },
    ...attempts.flatMap(({ attempt, admittedAt, beganAt, endedAt, endReason, servedFrom }) => [
      { at: admittedAt, what: t`attempt ${attempt}: admitted to ${t(servedFromWord[servedFrom])}` },
      beganAt !== null && { at: beganAt, what: t`attempt ${attempt}: began on its lane` },
      endedAt !== null &&
        endReason !== null &&
        endings[endReason] !== undefined && { at: endedAt, what: `${t`attempt ${attempt}`}: ${endings[endReason]}` },
    ]),
    ...stages.map(
      ({ stage, round, finishedAt: at }) =>
        at !== null && { at, what: round > 0 ? t`stage ${stage}, round ${round + 1}: done` : t`stage ${stage}: done` },
    ),
    finishedAt !== null && { at: finishedAt, what: state },
  ];
  return moments.filter((moment) => moment !== false).sort((one, other) => one.at.localeCompare(other.at));
}

function LedgerLines({ id, state }: { id: string; state: string }) {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery({
    ...listTransfersOptions({ query: { generation: id } }),
    staleTime: state === 'queued' ? 0 : 1_000,
  });
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`The ledger`} retry={() => void refetch()} />;
  if (!data) return <Loading lines={3} />;
  return (
    <div className={styles.scroll}>
      <Table aria-label={t`Ledger lines`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t`At (UTC)`}</Table.Th>
            <Table.Th scope="col">{t`Transfer`}</Table.Th>
            <Table.Th scope="col">{t`From`}</Table.Th>
            <Table.Th scope="col">{t`To`}</Table.Th>
            <Table.Th scope="col">{t`Credits`}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.transfers.map(({ id: line, code, debit, credit, amountCredits, createdAt }) => (
            <Table.Tr key={line}>
              <Table.Td>{createdAt.slice(0, 19).replace('T', ' ')}</Table.Td>
              <Table.Td>{code}</Table.Td>
              <Table.Td>{debit}</Table.Td>
              <Table.Td>{credit}</Table.Td>
              <Table.Td>
                <Credits value={amountCredits} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function AsCall({ generation }: { generation: Generation }) {
  const body = JSON.stringify({ ...generation.request, seed: generation.seed }).replaceAll("'", "'\\''");
  const call = `curl ${location.origin}/api/v1/generations \\\n  -H "Authorization: Bearer $HALOGEN_API_KEY" -H "Content-Type: application/json" \\\n  -d '${body}'`;
  return (
    <>
      <CopyButton value={call}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy} mb="sm">
            {copied ? <Trans>Copied</Trans> : <Trans>Copy as API call</Trans>}
          </Button>
        )}
      </CopyButton>
      <pre className={styles.code}>{call}</pre>
    </>
  );
}
