import { useLingui } from '@lingui/react/macro';
import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listInvoicesInfiniteOptions } from '#sdk/@tanstack/react-query.gen';
import type { InvoiceSummary } from '#sdk/types.gen';
import { afterLast, PAGE_ROWS, rowsOfPages } from '#web/parts/api/pages';
import { Money, Time } from '#web/parts/figures/figures';
import { Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { Empty } from '#web/parts/states/empty';
import type { Column } from '#web/parts/table/data-table';
import { RowList } from '#web/parts/table/row-list';
import { BillingDetails } from '#web/portal/spend/billing-details';
import { useMonthWord } from '#web/portal/spend/month';
import { SpendSections } from '#web/portal/spend/spend-sections';

const invoicesOf = ({ invoices }: { invoices: InvoiceSummary[] }) => invoices;

/** What was billed month by month, and what the next invoice will say of this tenant. */
export function InvoicesPage() {
  const { t } = useLingui();
  const scope = useScope();
  const monthWord = useMonthWord();
  const list = useInfiniteQuery({ ...listInvoicesInfiniteOptions({ query: { limit: PAGE_ROWS } }), ...afterLast(invoicesOf) });
  const columns: Column<InvoiceSummary>[] = [
    {
      id: 'month',
      header: t`Month (UTC)`,
      isKey: true,
      cell: ({ id, month }) => (
        <Anchor component={Link} to={scope.path(`/spend/invoices/${id}`)}>
          {monthWord(month)}
        </Anchor>
      ),
    },
    { id: 'number', header: t`Number`, widthPx: 170, isKey: true, cell: ({ number }) => number ?? t`draft` },
    { id: 'issued', header: t`Issued`, widthPx: 170, cell: ({ issuedAt }) => (issuedAt ? <Time at={issuedAt} /> : '–') },
    { id: 'tax', header: t`Tax`, widthPx: 130, align: 'end', cell: ({ taxCents }) => <Money cents={taxCents} /> },
    { id: 'total', header: t`Total`, widthPx: 150, align: 'end', isKey: true, cell: ({ totalCents }) => <Money cents={totalCents} /> },
  ];
  return (
    <Page title={t`Invoices`}>
      <SpendSections />
      <Part title={t`By month`}>
        <RowList
          list={list}
          label={t`Invoices`}
          rows={rowsOfPages(list.data, invoicesOf)}
          columns={columns}
          rowId={({ id }) => id}
          empty={<Empty title={t`No invoice yet`}>{t`An invoice is issued soon after the end of its month, and never changed.`}</Empty>}
        />
      </Part>
      <BillingDetails />
    </Page>
  );
}
