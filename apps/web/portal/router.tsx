import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { ownPath, SignInPage } from '#web/parts/shell/sign-in-page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { NothingAtAll } from '#web/parts/states/not-found';
import { FirstScope } from '#web/portal/first-scope';
import { PortalShell } from '#web/portal/portal-shell';

const root = createRootRoute({ component: Outlet });

const first = createRoute({ getParentRoute: () => root, path: '/', component: FirstScope });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ back, problem, rule }: Record<string, unknown>): { back?: string; problem?: string; rule?: string } => ({
    ...(typeof back === 'string' && { back: ownPath(back) }),
    ...(typeof problem === 'string' && { problem }),
    ...(typeof rule === 'string' && { rule }),
  }),
  component: function SignIn() {
    const { back = '/', problem, rule } = signIn.useSearch();
    return <SignInPage back={back} problem={problem} rule={rule} />;
  },
});

/** The brand is left out when the page is about the agency itself. */
const scope = createRoute({ getParentRoute: () => root, path: '/$agency/{-$brand}', component: PortalShell });

/** A page below the scope. It is loaded when it is opened first. */
function page(path: string, load: () => Promise<Record<string, React.ComponentType>>, name: string) {
  return createRoute({ getParentRoute: () => scope, path, component: lazyRouteComponent(load, name) });
}

const pages = [
  page('/', () => import('#web/portal/home/home-page'), 'HomePage'),
  page('/generations', () => import('#web/portal/generations/generations-page'), 'GenerationsPage'),
  page('/generations/new', () => import('#web/portal/generations/new-generation-page'), 'NewGenerationPage'),
  page('/generations/compare', () => import('#web/portal/generations/compare-page'), 'ComparePage'),
  page('/generations/$id', () => import('#web/portal/generations/generation-page'), 'GenerationPage'),
  page('/campaigns', () => import('#web/portal/campaigns/campaigns-page'), 'CampaignsPage'),
  page('/campaigns/new', () => import('#web/portal/campaigns/new-campaign-page'), 'NewCampaignPage'),
  page('/campaigns/$id', () => import('#web/portal/campaigns/campaign-page'), 'CampaignPage'),
  page('/spend', () => import('#web/portal/spend/balance-page'), 'BalancePage'),
  page('/spend/usage', () => import('#web/portal/spend/usage-page'), 'UsagePage'),
  page('/spend/statement', () => import('#web/portal/spend/statement-page'), 'StatementPage'),
  page('/spend/invoices', () => import('#web/portal/spend/invoices-page'), 'InvoicesPage'),
  page('/spend/invoices/$invoiceId', () => import('#web/portal/spend/invoice-page'), 'InvoicePage'),
  page('/developers', () => import('#web/portal/developers/keys-page'), 'KeysPage'),
  page('/developers/events', () => import('#web/portal/developers/events-page'), 'EventsPage'),
  page('/developers/webhooks', () => import('#web/portal/developers/webhooks-page'), 'WebhooksPage'),
  page('/developers/webhooks/$endpointId', () => import('#web/portal/developers/endpoint-page'), 'EndpointPage'),
  page('/developers/webhooks/$endpointId/$deliveryId', () => import('#web/portal/developers/delivery-page'), 'DeliveryPage'),
  page('/organization', () => import('#web/portal/organization/projects-page'), 'ProjectsPage'),
  page('/organization/projects/$projectId', () => import('#web/portal/organization/project-page'), 'ProjectPage'),
  page('/organization/people', () => import('#web/portal/organization/people-page'), 'PeoplePage'),
  page('/organization/access', () => import('#web/portal/organization/access-page'), 'AccessPage'),
  page('/organization/brands', () => import('#web/portal/organization/brands-page'), 'BrandsPage'),
  page('/organization/settings', () => import('#web/portal/organization/settings-page'), 'SettingsPage'),
  page('/organization/sign-in', () => import('#web/portal/organization/sign-in-page'), 'SignInSettingsPage'),
  page('/organization/sign-in/$connectionId', () => import('#web/portal/organization/connection-page'), 'ConnectionPage'),
  page('/organization/directory', () => import('#web/portal/organization/directory-page'), 'DirectoryPage'),
  page('/organization/audit', () => import('#web/portal/organization/audit-page'), 'AuditPage'),
  page('/capacity', () => import('#web/portal/capacity/capacity-page'), 'CapacityPage'),
  page('/capacity/commitments', () => import('#web/portal/capacity/commitments-page'), 'CommitmentsPage'),
];

export const router = createRouter({
  routeTree: root.addChildren([first, signIn, scope.addChildren(pages)]),
  defaultPreload: 'intent',
  defaultNotFoundComponent: NothingAtAll,
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <ErrorPanel error={error as Error} retry={reset} />,
  scrollRestoration: true,
});
