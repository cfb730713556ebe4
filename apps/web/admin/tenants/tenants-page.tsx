import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listTenantsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { Tenant } from '#sdk/types.gen';
import { useUrl } from '#web/admin/panel/search';
import { type TableColumn, TablePanel } from '#web/admin/panel/table-panel';
import { TIER_WORDS } from '#web/admin/queue/queue-words';
import { OpenTenantDialog } from '#web/admin/tenants/open-tenant-dialog';
import { TenantView } from '#web/admin/tenants/tenant-view';
import { afterLast, rowsOfPages } from '#web/parts/api/pages';
import { Time } from '#web/parts/figures/figures';
import { Page } from '#web/parts/shell/page';

const tenantsOf = ({ tenants }: { tenants: Tenant[] }) => tenants;

/** Every tenant by name; one of them as it is, once it was opened with a reason. */
export function TenantsPage() {
  const { t } = useLingui();
  const [{ tenant }] = useUrl();
  const [opened, setOpened] = useState<Tenant>();
  const list = useInfiniteQuery({ ...listTenantsInfiniteOptions({ query: { limit: 100 } }), ...afterLast(tenantsOf) });
  const rows = rowsOfPages(list.data, tenantsOf);
  const columns: TableColumn<Tenant>[] = [
    { head: t`Tenant`, name: 'tenant', cell: ({ name }) => name },
    { head: t`Agency`, name: 'agency', cell: (one) => rows.find(({ id }) => id === one.parentTenantId)?.name ?? '–' },
    {
      head: t`Tier`,
      name: 'tier',
      cell: (one) => t(TIER_WORDS[one.serviceTier] ?? { id: one.serviceTier }),
      value: (one) => one.serviceTier,
    },
    { head: t`Since`, name: 'since', cell: ({ createdAt }) => <Time at={createdAt} />, value: ({ createdAt }) => createdAt },
    { head: t`Id`, name: 'id', cell: ({ id }) => <code>{id}</code>, value: ({ id }) => id },
    {
      head: t`Open`,
      cell: (one) => (
        <Button variant="default" size="compact-sm" aria-label={t`Open tenant ${one.name}`} onClick={() => setOpened(one)}>
          {t`Open tenant`}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t`Tenants`}>
      {tenant && <TenantView key={tenant} id={tenant} />}
      <TablePanel
        id="tenants"
        title={t`All tenants`}
        query={list}
        rows={list.data && rows}
        columns={columns}
        empty={{ title: t`No tenant yet`, text: t`A tenant is listed as soon as it exists.` }}
        controls={
          list.hasNextPage && (
            <Button variant="default" size="compact-sm" onClick={() => void list.fetchNextPage()}>
              {t`Next page`}
            </Button>
          )
        }
      />
      {opened && <OpenTenantDialog tenant={opened} close={() => setOpened(undefined)} />}
    </Page>
  );
}
