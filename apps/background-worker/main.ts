import { backgroundWorkerModule } from '#apps/background-worker/background-worker.module';
import { BackgroundWorkerEnvironment } from '#apps/background-worker/environment';
import { readEnvironment } from '#platform/config/read-environment';
import { runApp } from '#platform/process/run-app';

const environment = readEnvironment(BackgroundWorkerEnvironment);

await runApp({
  module: backgroundWorkerModule(environment),
  host: environment.HALOGEN_HEALTH_HOST,
  port: environment.HALOGEN_HEALTH_PORT,
});
