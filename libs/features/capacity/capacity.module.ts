import { Module } from '@nestjs/common';
import { CapacityService } from '#features/capacity/capacity.service';

@Module({ providers: [CapacityService], exports: [CapacityService] })
export class CapacityModule {}
