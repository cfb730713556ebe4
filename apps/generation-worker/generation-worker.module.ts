import { Module } from '@nestjs/common';
import { environment } from '#apps/generation-worker/environment';
import { GenerationWorker } from '#apps/generation-worker/generation-worker';
import { RunsService } from '#features/generations/runs.service';
import { DatabaseModule } from '#platform/database/database.module';
import { HotPool } from '#platform/database/hot-pool';
import { HealthModule } from '#platform/http/health.module';
import { OutboundModule } from '#platform/http/outbound/outbound.module';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { StorageModule } from '#platform/storage/storage.module';
import { TemporalConnection } from '#platform/temporal/temporal-connection';

/** Two for the relay, the rest for activities, whose endings go in groups. */
const HOT_CONNECTIONS = 10;

@Module({
  providers: [
    {
      provide: TemporalConnection,
      useFactory: () => new TemporalConnection({ address: environment.TEMPORAL_ADDRESS, namespace: environment.TEMPORAL_NAMESPACE }),
    },
    { provide: RunsService, useFactory: (db: HotPool) => new RunsService(db), inject: [HotPool] },
    GenerationWorker,
  ],
  exports: [TemporalConnection, GenerationWorker],
})
class RunsModule {}

@Module({
  imports: [
    DatabaseModule.with({
      url: environment.DATABASE_CONTROL_URL,
      applicationName: 'generation-worker',
      hotConnections: HOT_CONNECTIONS,
      looksUpByKey: true,
    }),
    OutboundModule.with(parseOutboundSettings({ allow: environment.HALOGEN_OUTBOUND_ALLOW, dns: environment.HALOGEN_OUTBOUND_DNS })),
    StorageModule.for(environment),
    RunsModule,
    HealthModule.with({
      imports: [RunsModule],
      inject: [HotPool, TemporalConnection, GenerationWorker],
      checks: (db: HotPool, temporal: TemporalConnection, worker: GenerationWorker) => [
        { name: 'postgres', check: async () => void (await db.query('SELECT 1')) },
        { name: 'temporal', check: () => temporal.check() },
        { name: 'worker', check: () => worker.check() },
      ],
    }),
  ],
})
export class GenerationWorkerModule {}
