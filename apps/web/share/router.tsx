import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { NotFound } from '#web/parts/states/not-found';
import { rowOf, SharePage } from '#web/share/share-page';

const root = createRootRoute();

/** The result that is looked at lives in the address. */
const share = createRoute({ getParentRoute: () => root, path: '/share', validateSearch: rowOf, component: SharePage });

export const router = createRouter({
  routeTree: root.addChildren([share]),
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => <ErrorPanel error={error as Error} retry={reset} />,
});
