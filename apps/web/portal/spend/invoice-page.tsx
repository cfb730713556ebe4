import { Trans, useLingui } from '@lingui/react/macro';
import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { getInvoiceOptions } from '#sdk/@tanstack/react-query.gen';
import type { Invoice, InvoiceLine } from '#sdk/types.gen';
import { download } from '#web/parts/api/download';
import { Credits, Money, Time } from '#web/parts/figures/figures';
import { Facts, Note, Panel, Panels, Part } from '#web/parts/panel/panel';
import { useScope } from '#web/parts/scope/scope';
import { Page } from '#web/parts/shell/page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { PlainTable } from '#web/parts/table/plain-table';
import styles from '#web/portal/spend/invoice.module.css';
import { lineWord, taxRate } from '#web/portal/spend/invoice-words';
import { useMonthWord } from '#web/portal/spend/month';
import { planWord, sourceWord } from '#web/portal/spend/spend-words';

/** One month in money and credits: its lines are the settled transfers, and what was bought and given. */
export function InvoicePage() {
  const { t } = useLingui();
  const scope = useScope();
  const monthWord = useMonthWord();
  const { invoiceId } = useParams({ strict: false }) as { invoiceId: string };
  const { data, error, refetch } = useQuery(getInvoiceOptions({ path: { id: invoiceId } }));
  return (
    <Page title={data ? t`Invoice for ${monthWord(data.month)}` : t`Invoice`} actions={data && <Downloads invoice={data} />}>
      <p>
        <Anchor component={Link} to={scope.path('/spend/invoices')}>
          <Trans>All invoices</Trans>
        </Anchor>
      </p>
      {error && <ErrorPanel error={error as unknown as Error} what={t`The invoice`} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && <Shown invoice={data} />}
    </Page>
  );
}

function Downloads({ invoice: { id, number, month } }: { invoice: Invoice }) {
  const name = `invoice-${number ?? month}`;
  return (
    <>
      <Button onClick={() => void download(`/api/v1/invoices/${id}.pdf`, `${name}.pdf`)}>
        <Trans>Download PDF</Trans>
      </Button>
      <Button variant="default" onClick={() => void download(`/api/v1/invoices/${id}/lines`, `${name}.csv`)}>
        <Trans>Download CSV</Trans>
      </Button>
    </>
  );
}

function Shown({ invoice }: { invoice: Invoice }) {
  const { t } = useLingui();
  const { number, issuedAt, plan, seller, buyer, lines } = invoice;
  return (
    <>
      {issuedAt === null && (
        <Note>
          <Trans>This is a draft: it is issued soon after the end of its month.</Trans>
        </Note>
      )}
      <Panels>
        <Panel title={t`Invoice`}>
          <Facts
            items={[
              [t`Number`, number ?? t`draft`],
              ...(issuedAt ? [[t`Issued`, <Time key="issued" at={issuedAt} />] as const] : []),
              ...(plan && plan in planWord ? [[t`Plan`, t(planWord[plan as keyof typeof planWord])] as const] : []),
              [t`From`, <Party key="seller" party={seller} />],
            ]}
          />
        </Panel>
        <Panel title={t`To`}>
          <Party party={buyer} />
        </Panel>
      </Panels>
      <Part title={t`Lines`}>
        <PlainTable
          label={t`Lines`}
          heads={[t`What`, t`Project`, t`Model`, t`Paid from`, t`Quantity`, t`Credits`, t`Amount`]}
          rows={lines.map((line) => [
            <LineWord key="what" line={line} />,
            line.projectName ?? '–',
            line.model ?? '–',
            <PaidFrom key="from" line={line} />,
            line.quantity,
            <Credits key="credits" value={line.credits} />,
            <Money key="amount" cents={line.amountCents} />,
          ])}
        />
        {lines.length === 0 && <Note>{t`Nothing was bought or used in this month.`}</Note>}
        <Totals invoice={invoice} />
      </Part>
    </>
  );
}

function LineWord({ line: { kind, plan } }: { line: InvoiceLine }) {
  const { t } = useLingui();
  const word = t(lineWord[kind]);
  return kind === 'plan_fee' && plan && plan in planWord ? `${word} ${t(planWord[plan as keyof typeof planWord])}` : word;
}

function PaidFrom({ line: { paidFrom } }: { line: InvoiceLine }) {
  const { t } = useLingui();
  return paidFrom && paidFrom in sourceWord ? t(sourceWord[paidFrom as keyof typeof sourceWord]) : '–';
}

function Party({ party }: { party: Invoice['seller'] & Partial<Pick<Invoice['buyer'], 'country' | 'email'>> }) {
  const { t } = useLingui();
  const { name, address, country, email, taxNumber } = party;
  return (
    <p className={styles.address}>{[name, address, country, email, taxNumber && t`Tax number ${taxNumber}`].filter(Boolean).join('\n')}</p>
  );
}

function Totals({ invoice: { subtotalCents, taxCents, taxRateBasisPoints, totalCents } }: { invoice: Invoice }) {
  const { t } = useLingui();
  const rows = [
    [t`Subtotal`, subtotalCents],
    [t`Tax, ${taxRate(taxRateBasisPoints)}`, taxCents],
    [t`Total`, totalCents],
  ] as const;
  return (
    <dl className={styles.totals}>
      {rows.map(([name, cents]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Money cents={cents} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
