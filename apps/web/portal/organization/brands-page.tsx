import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';
import { listTenantsInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import { createTenant, fundBrand, updateTenant } from '#sdk/sdk.gen';
import type { Tenant } from '#sdk/types.gen';
import { useAct } from '#web/parts/api/acting';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { queryClient } from '#web/parts/api/query-client';
import { meQuery, useMe } from '#web/parts/api/session';
import { FormDialog } from '#web/parts/dialog/form-dialog';
import { NameDialog } from '#web/parts/dialog/name-dialog';
import { NameField } from '#web/parts/dialog/name-field';
import { Credits } from '#web/parts/figures/figures';
import { pathOf, useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { tierWord } from '#web/portal/generations/generation-words';
import { OrganizationSections } from '#web/portal/organization/organization-sections';

const CREDITS = String.raw`\d{1,12}(\.\d{1,6})?`;

const tenantsOf = ({ tenants }: { tenants: Tenant[] }) => tenants;

/** The agency and its brands: default tier, when credits are low, and credits for a brand. */
export function BrandsPage() {
  const { t } = useLingui();
  const scope = useScope();
  const me = useMe();
  const mayWrite = scope.may('tenants:write');
  const mayFund = scope.may('billing:write') && !scope.brand;
  const [asked, setAsked] = useState<{ what: 'new' } | { what: 'edit' | 'fund'; tenant: Tenant }>();
  const list = useInfiniteQuery({ ...listTenantsInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(tenantsOf) });
  const close = () => setAsked(undefined);
  const columns: Column<Tenant>[] = [
    {
      id: 'name',
      header: t`Name`,
      isKey: true,
      cell: ({ id, name }) => {
        const brand = scope.agency.brands.find((one) => one.id === id);
        if (!brand && id !== scope.agency.id) return name;
        return (
          <Anchor component={Link} to={pathOf(me?.tenants ?? [], scope.agency, brand, '/')}>
            {name}
          </Anchor>
        );
      },
    },
    { id: 'kind', header: t`Kind`, widthPx: 110, isKey: true, cell: ({ parentTenantId }) => (parentTenantId ? t`brand` : t`agency`) },
    { id: 'tier', header: t`Default tier`, widthPx: 130, cell: ({ serviceTier }) => t(tierWord[serviceTier]) },
    {
      id: 'low',
      header: t`Credits are low below`,
      widthPx: 180,
      align: 'end',
      cell: ({ creditsLowAt }) => (creditsLowAt === null ? t`not told` : <Credits value={creditsLowAt} />),
    },
    {
      id: 'acts',
      header: t`Actions`,
      widthPx: 220,
      isKey: true,
      cell: (tenant) => (
        <>
          {mayWrite && (
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => setAsked({ what: 'edit', tenant })}
              aria-label={t`Edit ${tenant.name}`}
            >
              <Trans>Edit</Trans>
            </Button>
          )}
          {mayFund && tenant.parentTenantId && (
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => setAsked({ what: 'fund', tenant })}
              aria-label={t`Send credits to ${tenant.name}`}
            >
              <Trans>Send credits</Trans>
            </Button>
          )}
        </>
      ),
    },
  ];
  return (
    <Page
      title={t`Brands`}
      actions={
        mayWrite &&
        !scope.brand && (
          <Button onClick={() => setAsked({ what: 'new' })}>
            <Trans>Create brand</Trans>
          </Button>
        )
      }
    >
      <OrganizationSections />
      <RowList
        list={list}
        label={t`Brands`}
        rows={rowsOfPages(list.data, tenantsOf)}
        columns={columns}
        rowId={({ id }) => id}
        empty={
          <Empty title={t`No brand yet`}>
            <Trans>A brand has its own credits, keys and people under its agency.</Trans>
          </Empty>
        }
      />
      {asked?.what === 'new' && (
        <NameDialog
          close={close}
          verb={t`Create brand`}
          act={(name) => createTenant({ body: { name }, throwOnError: true })}
          done={(name) => t`Created the brand ${name}`}
          after={() => {
            void queryClient.invalidateQueries(meQuery); // the scope switch has it, too
            close();
          }}
        />
      )}
      {asked?.what === 'edit' && <EditDialog tenant={asked.tenant} close={close} />}
      {asked?.what === 'fund' && <FundDialog tenant={asked.tenant} close={close} />}
    </Page>
  );
}

function EditDialog({ tenant, close }: { tenant: Tenant; close(): void }) {
  const { t } = useLingui();
  const [name, setName] = useState(tenant.name);
  const [serviceTier, setTier] = useState<ServiceTier>(tenant.serviceTier);
  const [creditsLowAt, setLow] = useState(tenant.creditsLowAt ?? '');
  const update = useAct({
    act: () =>
      updateTenant({
        path: { id: tenant.id },
        body: { name: name.trim(), serviceTier, creditsLowAt: creditsLowAt.trim() || null },
        throwOnError: true,
      }),
    done: t`Saved ${name}`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Edit ${tenant.name}`} verb={t`Save`} act={update}>
      <NameField name={name} change={setName} isFirst />
      <Select
        label={t`Default tier`}
        description={t`Of requests that name none, unless their key or project does.`}
        data={SERVICE_TIERS.map((value) => ({ value, label: t(tierWord[value]) }))}
        value={serviceTier}
        onChange={(value) => value && setTier(value as ServiceTier)}
        allowDeselect={false}
      />
      <TextInput
        label={t`Credits are low below`}
        description={t`The event credits.low tells of it. Nothing is told if left empty.`}
        inputMode="decimal"
        pattern={CREDITS}
        value={creditsLowAt}
        onChange={({ currentTarget }) => setLow(currentTarget.value)}
      />
    </FormDialog>
  );
}

function FundDialog({ tenant: { id, name }, close }: { tenant: Tenant; close(): void }) {
  const { t } = useLingui();
  const [amount, setAmount] = useState('');
  const fund = useAct({
    act: () => fundBrand({ body: { tenantId: id, amount: amount.trim() }, throwOnError: true }),
    done: t`Sent ${amount} credits to ${name}`,
    isInForm: true,
    after: close,
  });
  return (
    <FormDialog close={close} title={t`Send credits to ${name}`} verb={t`Send credits`} act={fund}>
      <TextInput
        label={t`Credits`}
        description={t`What the credits were and when they end goes with them.`}
        required
        inputMode="decimal"
        pattern={CREDITS}
        data-autofocus
        value={amount}
        onChange={({ currentTarget }) => setAmount(currentTarget.value)}
      />
    </FormDialog>
  );
}
