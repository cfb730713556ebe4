import { Trans, useLingui } from '@lingui/react/macro';
import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { getBatchOptions } from '#sdk/@tanstack/react-query.gen';
import type { Batch } from '#sdk/types.gen';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { CampaignCommands } from '#web/portal/campaigns/campaign-commands';
import { nameOf } from '#web/portal/campaigns/campaign-words';
import { ContactSheets } from '#web/portal/campaigns/contact-sheets';
import { Progress } from '#web/portal/campaigns/progress';
import { Review } from '#web/portal/campaigns/review';
import { CampaignRows } from '#web/portal/campaigns/rows';
import { Shares } from '#web/portal/campaigns/shares';

const TABS = ['progress', 'review', 'sheets', 'share', 'rows'] as const;
const RENEWED_EVERY_MS = 1_000;

/** One campaign: how far it is, what is decided on its results, its contact sheets and its rows. */
export function CampaignPage() {
  const { t } = useLingui();
  const { id } = useParams({ strict: false }) as { id: string };
  const { data, error, refetch } = useQuery({
    ...getBatchOptions({ path: { id } }),
    // One row of kept sums: nothing is counted for it.
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? RENEWED_EVERY_MS : false),
  });
  if (data) return <Shown campaign={data} />;
  return (
    <Page title={t`Campaign`}>
      {error ? <ErrorPanel error={error as unknown as Error} what={t`The campaign`} retry={() => void refetch()} /> : <Loading lines={8} />}
    </Page>
  );
}

function Shown({ campaign }: { campaign: Batch }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const shown = TABS.find((one) => one === tab) ?? 'progress';
  return (
    <Page title={nameOf(campaign)} actions={<CampaignCommands campaign={campaign} />}>
      <Tabs value={shown} onChange={(value) => void navigate({ to: '.', search: { tab: value } })} keepMounted={false}>
        <Tabs.List aria-label={t`Parts of this campaign`} mb="md">
          <Tabs.Tab value="progress">
            <Trans>Progress</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="review">
            <Trans>Review</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="sheets">
            <Trans>Contact sheets</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="share">
            <Trans>Guests</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="rows">
            <Trans>Rows</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="progress">
          <Progress campaign={campaign} />
        </Tabs.Panel>
        <Tabs.Panel value="review">
          <Review campaignId={campaign.id} />
        </Tabs.Panel>
        <Tabs.Panel value="sheets">
          <ContactSheets campaign={campaign} />
        </Tabs.Panel>
        <Tabs.Panel value="share">
          <Shares campaignId={campaign.id} />
        </Tabs.Panel>
        <Tabs.Panel value="rows">
          <CampaignRows campaignId={campaign.id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
