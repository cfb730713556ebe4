import { router } from '#web/admin/router';
import { startApp } from '#web/parts/shell/start-app';

await startApp(router);
