import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Tabs } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { getGenerationOptions } from '#sdk/@tanstack/react-query.gen';
import type { Generation } from '#sdk/types.gen';
import { useLive } from '#web/parts/live/live';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { AsCall } from '#web/portal/generations/as-call';
import { Bodies } from '#web/portal/generations/bodies';
import { CancelGeneration } from '#web/portal/generations/cancel-generation';
import { GenerationFacts } from '#web/portal/generations/generation-facts';
import { promptOf } from '#web/portal/generations/generation-words';
import styles from '#web/portal/generations/generations.module.css';
import { LedgerLines } from '#web/portal/generations/ledger-lines';
import { newerOf } from '#web/portal/generations/newer';
import { Timeline } from '#web/portal/generations/timeline';
import { Viewer } from '#web/portal/generations/viewer';
import { WaitExplained } from '#web/portal/generations/wait-explained';

const TABS = ['details', 'timeline', 'ledger', 'call'] as const;

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
          {finishedAt === null && scope.may('generations:write') && <CancelGeneration generation={generation} />}
        </>
      }
    >
      <div className={styles.columns}>
        <div>{assets ? <Viewer generation={generation} /> : <NoPicture generation={generation} />}</div>
        <div>
          {state === 'queued' && <WaitExplained id={generation.id} />}
          <GenerationFacts generation={generation} />
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
            <Trans>Request and response</Trans>
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
          <Bodies generation={generation} />
        </Tabs.Panel>
        <Tabs.Panel value="timeline" pt="md">
          <Timeline generation={generation} />
        </Tabs.Panel>
        <Tabs.Panel value="ledger" pt="md">
          <LedgerLines generation={generation} />
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
