import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ControlsController } from '#apps/api/admin/controls.controller';
import { GuaranteeController } from '#apps/api/admin/guarantee.controller';
import { InvoiceSellerController } from '#apps/api/admin/invoice-seller.controller';
import { NodesController } from '#apps/api/admin/nodes.controller';
import { PoolsController } from '#apps/api/admin/pools.controller';
import { QueueController } from '#apps/api/admin/queue.controller';
import { SchedulingController } from '#apps/api/admin/scheduling.controller';
import { SimulationsController } from '#apps/api/admin/simulations.controller';
import { OperatorTenantsController } from '#apps/api/admin/tenants.controller';
import { NodeGuard } from '#apps/api/agent/node.guard';
import { WorkOrdersController } from '#apps/api/agent/work-orders.controller';
import { AssetsController } from '#apps/api/assets/assets.controller';
import { Thumbnails } from '#apps/api/assets/thumbnails';
import { UploadsController } from '#apps/api/assets/uploads.controller';
import { CallerGuard } from '#apps/api/auth/caller.guard';
import { GuestDoor } from '#apps/api/auth/guest-door';
import { KeyDoor } from '#apps/api/auth/key-door';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { SessionDoor } from '#apps/api/auth/session-door';
import { SetupDoor } from '#apps/api/auth/setup-door';
import { DreamMachineAccountController } from '#apps/api/dream-machine/account.controller';
import { CallbackUrls, OUTBOUND_SETTINGS } from '#apps/api/dream-machine/callback-urls';
import { DreamMachineGenerationsController } from '#apps/api/dream-machine/generations.controller';
import { DreamMachineListsController } from '#apps/api/dream-machine/lists.controller';
import { DreamMachineOperationsController } from '#apps/api/dream-machine/operations.controller';
import { DreamMachineSubmits } from '#apps/api/dream-machine/submits';
import type { ApiEnvironment } from '#apps/api/environment';
import { ErrorFilter } from '#apps/api/errors/error.filter';
import { AccessController } from '#apps/api/native/access.controller';
import { AuditController } from '#apps/api/native/audit.controller';
import { BatchResultsController } from '#apps/api/native/batch-results.controller';
import { BatchUploadsController } from '#apps/api/native/batch-uploads.controller';
import { BatchesController } from '#apps/api/native/batches.controller';
import { CalculatorController } from '#apps/api/native/calculator.controller';
import { CancellationsController } from '#apps/api/native/cancellations.controller';
import { CapacityController } from '#apps/api/native/capacity.controller';
import { CommitmentsController } from '#apps/api/native/commitments.controller';
import { DirectoryController } from '#apps/api/native/directory.controller';
import { ErasuresController } from '#apps/api/native/erasures.controller';
import { EventTypesController } from '#apps/api/native/event-types.controller';
import { GenerationEventsController } from '#apps/api/native/events.controller';
import { NativeGenerationsController } from '#apps/api/native/generations.controller';
import { GrantsController } from '#apps/api/native/grants.controller';
import { InvoicesController } from '#apps/api/native/invoices.controller';
import { KeysController } from '#apps/api/native/keys.controller';
import { LanesController } from '#apps/api/native/lanes.controller';
import { LedgerController } from '#apps/api/native/ledger.controller';
import { LiveController } from '#apps/api/native/live.controller';
import { MembersController } from '#apps/api/native/members.controller';
import { MetersController } from '#apps/api/native/meters.controller';
import { PlansController } from '#apps/api/native/plans.controller';
import { ProjectsController } from '#apps/api/native/projects.controller';
import { ReviewsController } from '#apps/api/native/reviews.controller';
import { SavedViewsController } from '#apps/api/native/saved-views.controller';
import { SettingsController } from '#apps/api/native/settings.controller';
import { ShareLinksController } from '#apps/api/native/share-links.controller';
import { SharedController } from '#apps/api/native/shared.controller';
import { StatementsController } from '#apps/api/native/statements.controller';
import { TenantsController } from '#apps/api/native/tenants.controller';
import { WebhooksController } from '#apps/api/native/webhooks.controller';
import { ScimDiscoveryController } from '#apps/api/scim/scim-discovery.controller';
import { ScimGroupsController, ScimUsersController } from '#apps/api/scim/scim-resources.controller';
import { ScimUrls } from '#apps/api/scim/scim-urls';
import { ConnectionTestsController } from '#apps/api/sign-in/connection-tests.controller';
import { UrlsOfConnections } from '#apps/api/sign-in/connection-urls';
import { ConnectionsController } from '#apps/api/sign-in/connections.controller';
import { DomainsController } from '#apps/api/sign-in/domains.controller';
import { MeView } from '#apps/api/sign-in/me-view';
import { ProviderSignInController } from '#apps/api/sign-in/provider-sign-in.controller';
import { ProviderSignIns } from '#apps/api/sign-in/provider-sign-ins';
import { SetupLinksController } from '#apps/api/sign-in/setup-links.controller';
import { SignInController } from '#apps/api/sign-in/sign-in.controller';
import { AccessService } from '#features/access/access.service';
import { AuditLogService } from '#features/audit/audit-log.service';
import { OrderBookModule } from '#features/capacity/order-book.module';
import { ProposalsService } from '#features/controls/proposals.service';
import { SwitchBoard } from '#features/controls/switch-board.service';
import { SwitchesService } from '#features/controls/switches.service';
import { TouchedService } from '#features/controls/touched.service';
import { DirectoryModule } from '#features/directory/directory.module';
import { CancellationsService } from '#features/generations/cancellations.service';
import { GenerationEntity } from '#features/generations/generation.entity';
import { GenerationReportsService } from '#features/generations/generation-reports.service';
import { GenerationWatch } from '#features/generations/generation-watch';
import { GenerationsService } from '#features/generations/generations.service';
import { NewestWatch } from '#features/generations/newest-watch';
import { WorkOrdersService } from '#features/generations/work-orders.service';
import { BatchFilesService } from '#features/ingestion/batch-files.service';
import { BatchForecastsService } from '#features/ingestion/batch-forecasts.service';
import { BatchUploadsService } from '#features/ingestion/batch-uploads.service';
import { BatchesService } from '#features/ingestion/batches.service';
import { InvoiceSellerService } from '#features/invoices/invoice-seller.service';
import { InvoicesService } from '#features/invoices/invoices.service';
import { CreditsService } from '#features/ledger/credits.service';
import { LedgerService } from '#features/ledger/ledger.service';
import { PlansService } from '#features/ledger/plans.service';
import { StatementsService } from '#features/ledger/statements.service';
import { NodesService } from '#features/nodes/nodes.service';
import { PoolsService } from '#features/nodes/pools.service';
import { TenantViewsService } from '#features/operators/tenant-views.service';
import { QueueFiguresService } from '#features/queue-figures/queue-figures.service';
import { ErasuresService } from '#features/retention/erasures.service';
import { ReviewModule } from '#features/review/review.module';
import { GenerationMetersService } from '#features/scheduling/generation-meters.service';
import { SchedulingOperations } from '#features/scheduling/scheduling-operations.service';
import { WaitQuestions } from '#features/scheduling/wait-questions.service';
import { SignInModule } from '#features/sign-in/sign-in.module';
import { CalculatorService } from '#features/simulations/calculator.service';
import { PlannerProcess } from '#features/simulations/planner-process';
import { WhatIfService } from '#features/simulations/what-if.service';
import { TenantsModule } from '#features/tenants/tenants.module';
import { SavedViewsService } from '#features/views/saved-views.service';
import { DeliveryLogService } from '#features/webhooks/delivery-log.service';
import { EndpointsService } from '#features/webhooks/endpoints.service';
import { DatabaseModule } from '#platform/database/database.module';
import { HotPool } from '#platform/database/hot-pool';
import { EncryptionModule } from '#platform/encryption/encryption.module';
import { HealthModule } from '#platform/http/health.module';
import { OutboundModule } from '#platform/http/outbound/outbound.module';
import { parseOutboundSettings } from '#platform/http/outbound/outbound-settings';
import { ObjectStorage } from '#platform/storage/object-storage';
import { StorageModule } from '#platform/storage/storage.module';

/** Few, since group commit lets one transaction carry hundreds of submits. */
const HOT_CONNECTIONS = 12;

/** The HTTP edge. */
@Module({})
export class ApiModule {
  static with(environment: ApiEnvironment): DynamicModule {
    const outboundSettings = parseOutboundSettings({
      allow: environment.HALOGEN_OUTBOUND_ALLOW,
      dns: environment.HALOGEN_OUTBOUND_DNS,
    });
    return {
      module: ApiModule,
      imports: [
        DatabaseModule.with({
          url: environment.DATABASE_API_URL,
          applicationName: 'halogen-api',
          hotConnections: HOT_CONNECTIONS,
          entities: [GenerationEntity],
        }),
        StorageModule.for(environment, {
          publicOrigin: environment.HALOGEN_PUBLIC_ORIGIN,
          agentOrigin: environment.HALOGEN_AGENT_ORIGIN,
          secret: environment.HALOGEN_ASSET_SIGNING_SECRET,
        }),
        HealthModule.with({
          inject: [HotPool, ObjectStorage],
          checks: (db: HotPool, storage: ObjectStorage) => [
            { name: 'database', check: async () => void (await db.query('SELECT 1')) },
            { name: 'storage', check: () => storage.check() },
          ],
        }),
        OutboundModule.with(outboundSettings),
        EncryptionModule.with(environment.HALOGEN_ENCRYPTION_KEYS),
        TenantsModule,
        SignInModule,
        DirectoryModule,
        OrderBookModule,
        ReviewModule,
      ],
      controllers: [
        DreamMachineListsController,
        DreamMachineOperationsController,
        DreamMachineGenerationsController,
        DreamMachineAccountController,
        BatchesController,
        BatchResultsController,
        BatchUploadsController,
        ReviewsController,
        SavedViewsController,
        ShareLinksController,
        SharedController,
        LedgerController,
        EventTypesController,
        WebhooksController,
        NativeGenerationsController,
        GenerationEventsController,
        LiveController,
        TenantsController,
        ProjectsController,
        SettingsController,
        PlansController,
        MembersController,
        AccessController,
        KeysController,
        GrantsController,
        AuditController,
        ErasuresController,
        StatementsController,
        CancellationsController,
        InvoiceSellerController,
        InvoicesController,
        CommitmentsController,
        CapacityController,
        CalculatorController,
        LanesController,
        SchedulingController,
        ControlsController,
        NodesController,
        PoolsController,
        QueueController,
        GuaranteeController,
        OperatorTenantsController,
        SimulationsController,
        MetersController,
        SignInController,
        ConnectionsController,
        ConnectionTestsController,
        ProviderSignInController,
        DomainsController,
        DirectoryController,
        ScimUsersController,
        ScimGroupsController,
        ScimDiscoveryController,
        SetupLinksController,
        WorkOrdersController,
        UploadsController,
        AssetsController,
      ],
      providers: [
        GenerationsService,
        GenerationReportsService,
        GenerationWatch,
        NewestWatch,
        WorkOrdersService,
        LedgerService,
        SchedulingOperations,
        SwitchBoard,
        SwitchesService,
        ProposalsService,
        TouchedService,
        NodesService,
        PoolsService,
        QueueFiguresService,
        TenantViewsService,
        WaitQuestions,
        BatchForecastsService,
        GenerationMetersService,
        EndpointsService,
        DeliveryLogService,
        CreditsService,
        AccessService,
        AuditLogService,
        ErasuresService,
        StatementsService,
        CancellationsService,
        SavedViewsService,
        InvoiceSellerService,
        InvoicesService,
        BatchesService,
        BatchUploadsService,
        BatchFilesService,
        PlansService,
        CalculatorService,
        WhatIfService,
        PlannerProcess,
        KeyDoor,
        NodeGuard,
        SessionDoor,
        SetupDoor,
        GuestDoor,
        Thumbnails,
        { provide: SessionCookie, useValue: new SessionCookie(environment.HALOGEN_PUBLIC_ORIGIN) },
        MeView,
        UrlsOfConnections,
        ProviderSignIns,
        ScimUrls,
        CallbackUrls,
        { provide: OUTBOUND_SETTINGS, useValue: outboundSettings },
        DreamMachineSubmits,
        { provide: APP_GUARD, useClass: CallerGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
