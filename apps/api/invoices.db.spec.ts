import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiUnderTest } from '#apps/api/testing/api-under-test';
import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { ISSUE_AFTER_MS } from '#core/invoices/limits';
import { monthNameOf } from '#core/invoices/months';
import { formatCredits, parseCredits } from '#core/ledger/credits';
import { monthAround } from '#core/ledger/plans';
import { RunsService } from '#features/generations/runs.service';
import { InvoiceRuns } from '#features/invoices/invoice-runs.service';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import { admitted, aNode, aTenant } from '#testing/builders';

let api: ApiUnderTest;
let owner: HotPool;
let operator: string;
let nodeId: string;
let lane = 0;

const MONTH = monthNameOf(new Date());
const ENDED = new Date(monthAround(new Date()).endsAt.getTime() + ISSUE_AFTER_MS);

beforeAll(async () => {
  api = await ApiUnderTest.start();
  owner = new HotPool({ url: api.database.ownerUrl, applicationName: 'test-owner', maxConnections: 1 });
  operator = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.operator);
  nodeId = await aNode(api.control, 40);
});
afterAll(async () => {
  expect(await ledgerDifferences(api.control)).toEqual([]);
  await owner.close();
  await api.stop();
});

async function aCustomer() {
  const tenantId = await aTenant(api.control, 0n);
  return { tenantId, key: await api.aKey(tenantId, SCOPES_OF_ROLE.owner) };
}
const asOperator = (tenantId: string, path: string, body: unknown, method: 'POST' | 'PUT' | 'PATCH' = 'POST') =>
  api.call(operator, method, `${path}?tenant=${tenantId}`, body);

/** Five credits. */
async function aCompletedImage(tenantId: string, key: string): Promise<string> {
  const { id } = (await api.call(key, 'POST', '/api/v1/generations', { model: 'photon-1', prompt: 'a red fox' })).body;
  await new RunsService(api.control).settle(await admitted(api.control, { tenantId, id }, `${nodeId}/${lane++}`));
  return id;
}

/** A customer on Plus whose plan’s credits lasted for one image of three: top-ups paid for the others, and one was refunded in part. */
async function aBusyMonth() {
  const { tenantId, key } = await aCustomer();
  const { chargeUsdCents } = (await asOperator(tenantId, '/api/v1/plan', { plan: 'plus' }, 'PUT')).body;
  await asOperator(tenantId, '/api/v1/ledger/grants', { source: 'top_up', amount: '1000' });
  await asOperator(tenantId, '/api/v1/ledger/grants', { source: 'service_credit', amount: '2', modelFamilies: ['ray'] });
  const { grants } = (await api.call(key, 'GET', '/api/v1/ledger/grants')).body;
  const ofPlan = parseCredits(grants.find(({ source }: { source: string }) => source === 'plan_period').remaining);
  const amount = formatCredits(ofPlan - parseCredits('5'));
  await asOperator(tenantId, '/api/v1/ledger/adjustments', { direction: 'take', amount, reason: 'so that little is left' });
  for (const _ of [1, 2]) await aCompletedImage(tenantId, key);
  const generationId = await aCompletedImage(tenantId, key);
  await asOperator(tenantId, '/api/v1/ledger/refunds', { generationId, amount: '2', reason: 'a stain' });
  return { tenantId, key, chargeUsdCents };
}

it('drafts a month, issues it once when it has ended, and changes it never again', async () => {
  const { tenantId, key, chargeUsdCents } = await aBusyMonth();
  await api.call(key, 'PATCH', '/api/v1/billing-details', {
    name: 'Studio GmbH',
    address: 'Weg 1\nBerlin',
    country: 'DE',
    taxNumber: 'DE1',
  });
  await asOperator(tenantId, '/api/v1/billing-details', { taxRateBasisPoints: 1_900 }, 'PATCH');

  const draft = (await api.call(key, 'GET', `/api/v1/invoices/${MONTH}`)).body;
  const subtotal = chargeUsdCents + 300; // a thousand credits at three tenths of a cent
  const tax = Math.round((subtotal * 1_900) / 10_000);
  expect(draft).toMatchObject({
    ...{ id: MONTH, state: 'draft', number: null, plan: 'plus', creditPriceMillicents: 300 },
    ...{ subtotalCents: `${subtotal}`, taxCents: `${tax}`, totalCents: `${subtotal + tax}` },
  });
  const shown = draft.lines.map(
    ({ kind, paidFrom, quantity, credits, amountCents }: Record<string, unknown>) =>
      `${kind} ${paidFrom ?? ''} ${quantity} ${credits} ${amountCents}`,
  );
  expect(shown).toEqual([
    `plan_fee  1 0 ${chargeUsdCents}`,
    'top_up  1 1000 300',
    'usage plan_period 1 5 0',
    'overage top_up 2 10 0',
    'refund  1 -2 0',
    'service_credit  1 2 0',
  ]);

  const before = new Date(ENDED.getTime() - 1);
  await new InvoiceRuns(api.control).sweep(before);
  expect((await api.call(key, 'GET', '/api/v1/invoices')).body.invoices).toMatchObject([{ state: 'draft', id: MONTH }]);
  await Promise.all([1, 2, 3].map(() => new InvoiceRuns(api.control).sweep(ENDED)));
  await new InvoiceRuns(api.control).sweep(ENDED);

  const { invoices } = (await api.call(key, 'GET', '/api/v1/invoices')).body;
  const issued = invoices.filter(({ state }: { state: string }) => state === 'issued');
  expect(issued).toMatchObject([{ month: MONTH, number: expect.stringMatching(/^HAL-\d{6}$/), totalCents: `${subtotal + tax}` }]);
  await api.call(key, 'PATCH', '/api/v1/billing-details', { name: 'Another name' });
  const { body } = await api.call(key, 'GET', `/api/v1/invoices/${issued[0].id}`);
  expect(body).toMatchObject({
    lines: draft.lines,
    buyer: { name: 'Studio GmbH', address: 'Weg 1\nBerlin', taxNumber: 'DE1', country: 'DE' },
  });
  for (const sql of ['UPDATE invoices SET total_cents = 0', 'DELETE FROM invoice_lines', 'TRUNCATE invoices CASCADE']) {
    await expect(owner.query(sql)).rejects.toThrow('is refused');
  }
  expect(await ledgerDifferences(api.control)).toEqual([]);

  const pdf = await api.call(key, 'GET', `/api/v1/invoices/${issued[0].id}.pdf`);
  expect([pdf.status, pdf.headers['content-type'], pdf.text.slice(0, 5)]).toEqual([200, 'application/pdf', '%PDF-']);
  const csv = await api.call(key, 'GET', `/api/v1/invoices/${issued[0].id}/lines`);
  expect(csv.text.split('\r\n').slice(0, 3)).toEqual([
    'kind,project,project name,model,tier,paid from,plan,quantity,credits,credit price millicents,amount cents',
    `plan_fee,,,,,,plus,1,0,,${chargeUsdCents}`,
    'top_up,,,,,,plus,1,1000,300,300',
  ]);
});

it('numbers invoices of all tenants without a gap, and gives a month without lines none', async () => {
  const numbers = await api.control.query<{ number: number }>('SELECT number FROM invoices ORDER BY number');
  expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_, at) => at + 1));
  const quiet = await aCustomer();
  const { invoices } = (await api.call(quiet.key, 'GET', '/api/v1/invoices')).body;
  expect(invoices).toMatchObject([{ state: 'draft', totalCents: '0' }]);
});

it('finds an invoice that is not what its month settled (I10), and a number that is missing', async () => {
  await owner.query('ALTER TABLE invoice_lines DISABLE TRIGGER immutable');
  await owner.query(`UPDATE invoice_lines SET micro = micro + 1 WHERE kind = 'usage'`);
  await owner.query('UPDATE invoice_sellers SET last_number = last_number + 1');
  const found = await ledgerDifferences(api.control);
  await owner.query('UPDATE invoice_sellers SET last_number = last_number - 1');
  await owner.query(`UPDATE invoice_lines SET micro = micro - 1 WHERE kind = 'usage'`);
  await owner.query('ALTER TABLE invoice_lines ENABLE TRIGGER immutable');
  expect(found.map(({ invariant }) => invariant)).toEqual([
    'I10 the lines of an invoice are what its month settled, refunded and committed',
    'I10 the numbers of a seller have no gap',
    'I11 the database refuses to change a transfer',
  ]);
});

it('shows invoices to their own tenant, and lets nobody set their own tax', async () => {
  const [row] = await api.control.query<{ id: string }>('SELECT id FROM invoices LIMIT 1');
  const { key } = await aCustomer();
  for (const path of [`${row?.id}`, `${row?.id}.pdf`, `${row?.id}/lines`, '2020-13', '2020-01', '2999-01', 'nonsense']) {
    expect([path, (await api.call(key, 'GET', `/api/v1/invoices/${path}`)).status]).toEqual([path, 404]);
  }
  expect((await api.call(key, 'PATCH', '/api/v1/billing-details', { taxRateBasisPoints: 0 })).status).toBe(403);
  expect((await api.call(key, 'PATCH', '/api/v1/billing-details', { country: 'Germany' })).status).toBe(422);
  expect((await api.call(key, 'GET', '/api/v1/billing-details')).body).toMatchObject({ name: '', taxRateBasisPoints: 0 });
});

it('lets operators say who issues the next invoice, and changes none that is issued', async () => {
  const path = '/api/v1/operations/invoice-seller';
  const auditor = await api.aKey(await aTenant(api.control, 0n), SCOPES_OF_ROLE.auditor);
  const { body: before } = await api.call(auditor, 'GET', path);
  const change = { address: 'Quay 1\nRotterdam', taxNumber: 'NL1', numberPrefix: 'NL' };
  expect((await api.call(auditor, 'PATCH', path, change)).status).toBe(403);
  expect((await api.call(operator, 'PATCH', path, { numberPrefix: 'n l' })).status).toBe(422);
  expect((await api.call(operator, 'PATCH', path, change)).body).toEqual({ ...before, ...change });
  expect((await api.call(operator, 'PATCH', path, { taxNumber: null })).body).toEqual({ ...before, ...change, taxNumber: null });

  const { key } = await aCustomer();
  expect((await api.call(key, 'GET', path)).status).toBe(404);
  expect((await api.call(key, 'GET', `/api/v1/invoices/${MONTH}`)).body.seller).toMatchObject({ address: 'Quay 1\nRotterdam' });
  const [issued] = await api.control.query<{ seller: { address: string }; number_prefix: string }>(
    'SELECT seller, number_prefix FROM invoices',
  );
  expect(issued).toMatchObject({ number_prefix: 'HAL', seller: { address: '' } });
});
