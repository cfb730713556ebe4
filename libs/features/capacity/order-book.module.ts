import { Module } from '@nestjs/common';
import { CapacityCutsService } from '#features/capacity/capacity-cuts.service';
import { CapacityViewsService } from '#features/capacity/capacity-views.service';
import { CommitmentsService } from '#features/capacity/commitments.service';
import { GuaranteeMissesService } from '#features/capacity/guarantee-misses.service';
import { LaneUseService } from '#features/capacity/lane-use.service';
import { LendingDaysService } from '#features/capacity/lending-days.service';
import { LiveLanesService } from '#features/capacity/live-lanes.service';
import { RecallsService } from '#features/capacity/recalls.service';
import { TenantsModule } from '#features/tenants/tenants.module';

const SERVICES = [
  CommitmentsService,
  CapacityViewsService,
  CapacityCutsService,
  LiveLanesService,
  LaneUseService,
  RecallsService,
  LendingDaysService,
  GuaranteeMissesService,
];

/** Selling capacity, and showing what it does. Expects HotPool of `halogen_api` from its app. */
@Module({ imports: [TenantsModule], providers: SERVICES, exports: SERVICES })
export class OrderBookModule {}
