import { takeToken } from '#web/parts/api/link-token';
import { startApp } from '#web/parts/shell/start-app';
import { router } from '#web/share/router';

takeToken();
await startApp(router);
