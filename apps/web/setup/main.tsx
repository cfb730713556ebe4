import { startApp } from '#web/parts/shell/start-app';
import { takeToken } from '#web/setup/link-token';
import { router } from '#web/setup/router';

takeToken();
await startApp(router);
