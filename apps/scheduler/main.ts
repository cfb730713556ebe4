import { SchedulerEnvironment } from '#apps/scheduler/environment';
import { schedulerModule } from '#apps/scheduler/scheduler.module';
import { readEnvironment } from '#platform/config/read-environment';
import { runApp } from '#platform/process/run-app';

const environment = readEnvironment(SchedulerEnvironment);

await runApp({
  module: schedulerModule(environment),
  host: environment.HALOGEN_HOST,
  port: environment.HALOGEN_SCHEDULER_PORT,
});
