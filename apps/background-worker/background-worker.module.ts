import { Module, type Type } from '@nestjs/common';
import { ControlDatabaseModule } from '#apps/background-worker/control-database.module';
import { CreateMemorySweep } from '#apps/background-worker/create-memory-sweep';
import { DatabaseGauges } from '#apps/background-worker/database-gauges';
import type { BackgroundWorkerEnvironment } from '#apps/background-worker/environment';
import { StorageSweep } from '#apps/background-worker/storage-sweep';
import { AuditSealer } from '#features/audit/audit-sealer.service';
import { CommitmentDays } from '#features/capacity/commitment-days.service';
import { GuaranteeMonths } from '#features/capacity/guarantee-months.service';
import { Utilization } from '#features/capacity/utilization.service';
import { ControlEnds } from '#features/controls/control-ends.service';
import { CallPruning } from '#features/directory/call-pruning';
import { CancellationRuns } from '#features/generations/cancellation-runs.service';
import { EndedUnits } from '#features/generations/ended-units.service';
import { MissedStarts } from '#features/generations/missed-starts.service';
import { IngestionModule } from '#features/ingestion/ingestion.module';
import { InvoiceRuns } from '#features/invoices/invoice-runs.service';
import { CreditsWatch } from '#features/ledger/credits-watch.service';
import { GrantExpiry } from '#features/ledger/grant-expiry.service';
import { PlanPeriods } from '#features/ledger/plan-periods.service';
import { Reconciliation } from '#features/ledger/reconciliation.service';
import { QueueDepths } from '#features/queue-figures/queue-depths.service';
import { ErasureSweep } from '#features/retention/erasure-sweep';
import { CertificateWatch } from '#features/sign-in/certificate-watch';
import { PlannerProcess } from '#features/simulations/planner-process';
import { WhatIfRuns } from '#features/simulations/what-if-runs.service';
import { WebhooksModule } from '#features/webhooks/webhooks.module';
import { HotPool } from '#platform/database/hot-pool';
import { HealthModule } from '#platform/http/health.module';
import { OutboundModule } from '#platform/http/outbound/outbound.module';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { StorageModule } from '#platform/storage/storage.module';

/** The whole process: deliveries, and the sweeps that clean up after everybody. */
export function backgroundWorkerModule(environment: BackgroundWorkerEnvironment): Type {
  @Module({
    imports: [
      ControlDatabaseModule.at(environment.DATABASE_CONTROL_URL),
      StorageModule.for(environment, {
        publicOrigin: environment.HALOGEN_PUBLIC_ORIGIN,
        secret: environment.HALOGEN_ASSET_SIGNING_SECRET,
      }),
      OutboundModule.with(parseOutboundSettings({ allow: environment.HALOGEN_OUTBOUND_ALLOW, dns: environment.HALOGEN_OUTBOUND_DNS })),
      HealthModule.with({ inject: [HotPool], checks: (pool: HotPool) => [{ name: 'postgres', check: () => canQuery(pool) }] }),
      WebhooksModule.with({ timeScale: environment.HALOGEN_WEBHOOK_TIME_SCALE }, environment.HALOGEN_ENCRYPTION_KEYS),
      IngestionModule.with(environment.DATABASE_LOADER_URL),
    ],
    providers: [
      DatabaseGauges,
      StorageSweep,
      ErasureSweep,
      CreateMemorySweep,
      GrantExpiry,
      Reconciliation,
      AuditSealer,
      CommitmentDays,
      GuaranteeMonths,
      Utilization,
      PlanPeriods,
      InvoiceRuns,
      CreditsWatch,
      MissedStarts,
      EndedUnits,
      CertificateWatch,
      QueueDepths,
      ControlEnds,
      CallPruning,
      CancellationRuns,
      PlannerProcess,
      WhatIfRuns,
    ],
  })
  class BackgroundWorkerModule {}
  return BackgroundWorkerModule;
}

async function canQuery(pool: HotPool): Promise<void> {
  await pool.query('SELECT 1');
}
