import { startApp } from '#web/parts/shell/start-app';
import { router } from '#web/portal/router';

await startApp(router);
