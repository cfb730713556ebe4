import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { viewTenantOptions } from '#sdk/@tanstack/react-query.gen';
import type { ViewTenantResponse } from '#sdk/types.gen';
import { Panel } from '#web/admin/panel/panel';
import { useUrl } from '#web/admin/panel/search';
import { TablePanel } from '#web/admin/panel/table-panel';
import { TIER_WORDS } from '#web/admin/queue/queue-words';
import styles from '#web/admin/tenants/tenant-view.module.css';
import { type GenerationState, StateChip } from '#web/parts/chip/state-chip';
import { Credits, Time } from '#web/parts/figures/figures';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';

const INCIDENT_WORDS: Record<ViewTenantResponse['incidents'][number]['kind'], MessageDescriptor> = {
  paused: msg`paused by operators`,
  failed: msg`failed generations`,
  endpoint_disabled: msg`webhook endpoint disabled`,
  unpaid_charge: msg`charge of a commitment not paid`,
  guarantee_missed: msg`guarantee missed`,
};

/** One tenant as an operator sees it, under a bar that says so. */
export function TenantView({ id }: { id: string }) {
  const { t } = useLingui();
  const [, change] = useUrl();
  const query = useQuery(viewTenantOptions({ path: { id } }));
  const { data: tenant, error } = query;
  if (error) return <ErrorPanel error={error as unknown as Error} what={t`The tenant`} retry={() => void query.refetch()} />;
  if (!tenant) return <Loading lines={6} />;
  const { name, view, limits } = tenant;
  const facts: [string, React.ReactNode][] = [
    [t`Plan`, [tenant.plan ?? '–', tenant.nextPlan].filter(Boolean).join(' → ')],
    [t`Tier`, t(TIER_WORDS[tenant.serviceTier] ?? { id: tenant.serviceTier })],
    [
      t`Limits`,
      limits.length === 0
        ? t`bounded by credits alone`
        : limits.map((one) => t`${one.family}: ${one.createsPerMinute} a minute, ${one.concurrent} at once`).join('; '),
    ],
    [t`Available credits`, <Credits key="available" value={tenant.availableCredits} />],
    [t`Reserved credits`, <Credits key="reserved" value={tenant.reservedCredits} />],
    [t`Credits are low at`, tenant.creditsLowAt ? <Credits key="low" value={tenant.creditsLowAt} /> : '–'],
  ];
  return (
    <>
      <div className={styles.bar} role="status">
        <strong>
          <Trans>Viewing {name} as operator, read-only, written to their audit log</Trans>
        </strong>
        <span>
          <Trans>
            until <Time at={view.endsAt} isInstant />: {view.reason}
          </Trans>
        </span>
        <Button variant="default" size="compact-sm" onClick={() => change({ tenant: null })}>
          <Trans>Close tenant</Trans>
        </Button>
      </div>
      <Panel id="tenant" title={name}>
        <PlainTable label={name} heads={[t`What`, t`Is`]} rows={facts} />
      </Panel>
      <TablePanel
        id="incidents"
        title={t`Incidents`}
        metric="halogen_endings_total"
        query={query}
        rows={tenant.incidents}
        columns={[
          { head: t`Since`, name: 'since', cell: ({ since }) => <Time at={since} />, value: ({ since }) => since },
          { head: t`Incident`, name: 'incident', cell: ({ kind }) => t(INCIDENT_WORDS[kind]), value: ({ kind }) => kind },
          { head: t`Details`, name: 'details', cell: ({ detail }) => detail },
        ]}
        empty={{ title: t`No incident`, text: t`Nothing of this tenant is paused, has failed or is overdue.` }}
      />
      <TablePanel
        id="generations"
        title={t`Newest generations`}
        query={query}
        rows={tenant.generations}
        columns={[
          { head: t`Created`, name: 'created', cell: ({ createdAt }) => <Time at={createdAt} />, value: ({ createdAt }) => createdAt },
          { head: t`Generation`, name: 'generation', cell: (one) => <code>{one.id}</code>, value: (one) => one.id },
          { head: t`Model`, name: 'model', cell: ({ model }) => model },
          {
            head: t`Tier`,
            name: 'tier',
            cell: (one) => t(TIER_WORDS[one.serviceTier] ?? { id: one.serviceTier }),
            value: (one) => one.serviceTier,
          },
          {
            head: t`State`,
            name: 'state',
            cell: ({ state }) => <StateChip state={state as GenerationState} />,
            value: ({ state }) => state,
          },
          { head: t`Reason`, name: 'reason', cell: ({ failureReason }) => failureReason ?? '–' },
        ]}
        empty={{ title: t`No generation`, text: t`This tenant has asked for nothing yet.` }}
      />
    </>
  );
}
