import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserPlatform } from '#test/browser/browser-platform';
import { checkPage, expectGoodPage } from '#test/browser/good-page';

const PAGE = '/demo-agency/organization/directory';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** Theirs alone, also when the platform has seen a run before. */
const mark = crypto.randomUUID().slice(0, 8);
const MIA = `mia-${mark}@acme.example`;
const ARTISTS = `Artists ${mark}`;

let platform: BrowserPlatform;

beforeAll(async () => {
  platform = await BrowserPlatform.join();
});
afterAll(() => platform?.leave());

it('Directory is a good page', () => checkPage(platform, { name: 'directory', path: PAGE, heading: 'Directory' }));

it('gives an identity provider a token, its group a role, and shows which of its calls were refused and why', async () => {
  const watched = await platform.owner();
  const { page, complaints, close } = watched;
  await page.goto(PAGE);
  await page.getByRole('heading', { level: 1, name: 'Directory' }).waitFor();
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = page.getByRole('dialog', { name: 'Token of the directory' });
  const token = await secret.getByRole('code').textContent();
  await secret.getByRole('button', { name: 'I have stored it' }).click();
  const scim = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
    return (await fetch(`${platform.run.api}/scim/v2${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const { id } = (await scim('/Users', { schemas: [USER], userName: MIA, displayName: 'Mia' })) as { id: string };
  await scim('/Users', { schemas: [USER], userName: MIA });
  await scim('/Groups', { schemas: [GROUP], displayName: ARTISTS, members: [{ value: id }] });

  await page.reload();
  await page.getByRole('button', { name: `Set roles of ${ARTISTS}` }).click();
  const dialog = page.getByRole('dialog', { name: `Roles of ${ARTISTS}` });
  await dialog.getByRole('combobox', { name: 'Give a role in' }).click();
  await page.getByRole('option', { name: 'Demo agency' }).click();
  await dialog.getByRole('combobox', { name: 'Role in Demo agency' }).click();
  await page.getByRole('option', { name: /^Creator/ }).click();
  await expectGoodPage(watched, 'directory-roles');
  await page.setViewportSize({ width: 1280, height: 900 }); // where lists are tables
  await dialog.getByRole('button', { name: 'Set roles' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page
    .getByRole('row', { name: new RegExp(ARTISTS) })
    .getByText('Demo agency: Creator')
    .waitFor();
  await page.getByLabel('Refused calls only').check();
  await page
    .getByText(/Somebody else here has this user name/)
    .first()
    .waitFor();

  await page.getByRole('link', { name: 'Access', exact: true }).click();
  const ways = page.getByRole('table', { name: 'Who can reach what' });
  await ways
    .getByRole('row', { name: new RegExp(`${MIA} Demo agency Creator`) })
    .getByRole('cell', { name: `by ${ARTISTS}`, exact: true })
    .waitFor();
  await page.getByRole('combobox', { name: 'Who' }).click();
  await page.getByRole('option', { name: 'Groups of the directory' }).click();
  await ways.getByRole('row', { name: new RegExp(`^${ARTISTS} 1 person Demo agency`) }).waitFor();
  expect(new URL(page.url()).searchParams.get('kind')).toBe('group');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  expect(file.suggestedFilename()).toBe('access.csv');
  await expectGoodPage(watched, 'access-of-groups');
  expect(complaints).toEqual([]);
  await close();
});
