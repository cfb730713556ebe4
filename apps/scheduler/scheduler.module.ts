import { Module, type Type } from '@nestjs/common';
import type { SchedulerEnvironment } from '#apps/scheduler/environment';
import { LaneGateway } from '#apps/scheduler/lane-gateway';
import { CapacityModule } from '#features/capacity/capacity.module';
import { RunsService } from '#features/generations/runs.service';
import { ReleaseFailed } from '#features/scheduling/release-failed';
import { SchedulingModule } from '#features/scheduling/scheduling.module';
import { DatabaseModule } from '#platform/database/database.module';
import { HotPool } from '#platform/database/hot-pool';
import { HealthModule } from '#platform/http/health.module';

/** Turns of several pool classes, their `began` groups, elections and agents' tokens. */
const CONNECTIONS = 12;

/** The whole process: Halo, and the lane protocol's server. */
export function schedulerModule(environment: Pick<SchedulerEnvironment, 'DATABASE_CONTROL_URL' | 'HALOGEN_SCHEDULER_URL'>): Type {
  @Module({
    imports: [
      DatabaseModule.with({
        url: environment.DATABASE_CONTROL_URL,
        applicationName: 'halogen-scheduler',
        hotConnections: CONNECTIONS,
        looksUpByKey: true,
      }),
      HealthModule.with({ inject: [HotPool], checks: (db: HotPool) => [{ name: 'postgres', check: () => canQuery(db) }] }),
      CapacityModule,
      SchedulingModule.with({
        url: environment.HALOGEN_SCHEDULER_URL,
        releaseFailed: { provide: ReleaseFailed, inject: [HotPool], useFactory: (db: HotPool) => new RunsService(db) },
      }),
    ],
    providers: [LaneGateway],
  })
  class SchedulerModule {}
  return SchedulerModule;
}

async function canQuery(db: HotPool): Promise<void> {
  await db.query('SELECT 1');
}
