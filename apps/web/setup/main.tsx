import { takeToken } from '#web/parts/api/link-token';
import { startApp } from '#web/parts/shell/start-app';
import { router } from '#web/setup/router';

takeToken();
await startApp(router);
