import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { AdminShell } from '#web/admin/admin-shell';
import { ownPath, SignInPage } from '#web/parts/shell/sign-in-page';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { Loading } from '#web/parts/states/loading';
import { NothingAtAll } from '#web/parts/states/not-found';

const root = createRootRoute({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/admin/sign-in',
  validateSearch: ({ back }: Record<string, unknown>): { back?: string } => (typeof back === 'string' ? { back: ownPath(back) } : {}),
  component: function SignIn() {
    return <SignInPage asStaff back={signIn.useSearch().back ?? '/admin'} />;
  },
});

const shell = createRoute({ getParentRoute: () => root, path: '/admin', component: AdminShell });

/** A page below /admin. It is loaded when it is opened first. */
function page(path: string, load: () => Promise<Record<string, React.ComponentType>>, name: string) {
  return createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(load, name) });
}

const pages = [
  page('/', () => import('#web/admin/live/live-page'), 'LivePage'),
  page('/queue', () => import('#web/admin/queue/queue-page'), 'QueuePage'),
  page('/nodes', () => import('#web/admin/nodes/nodes-page'), 'NodesPage'),
  page('/guarantee', () => import('#web/admin/guarantee/guarantee-page'), 'GuaranteePage'),
  page('/order-book', () => import('#web/admin/order-book/order-book-page'), 'OrderBookPage'),
  page('/what-if', () => import('#web/admin/what-if/what-if-page'), 'WhatIfPage'),
  page('/tenants', () => import('#web/admin/tenants/tenants-page'), 'TenantsPage'),
  page('/controls', () => import('#web/admin/controls/controls-page'), 'ControlsPage'),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren(pages)]),
  defaultPreload: 'intent',
  defaultNotFoundComponent: NothingAtAll,
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <ErrorPanel error={error as Error} retry={reset} />,
  scrollRestoration: true,
});
