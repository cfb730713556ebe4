import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { ErrorPanel } from '#web/parts/states/error-panel';
import { NotFound } from '#web/parts/states/not-found';
import { SetupPage, searchOf } from '#web/setup/setup-page';

const root = createRootRoute();

/** The step and the connection live in the address, so that whoever comes back from a test is where they were. */
const setup = createRoute({ getParentRoute: () => root, path: '/setup', validateSearch: searchOf, component: SetupPage });

export const router = createRouter({
  routeTree: root.addChildren([setup]),
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => <ErrorPanel error={error as Error} retry={reset} />,
});
