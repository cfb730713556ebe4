import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { CapacityModule } from '#features/capacity/capacity.module';
import { HaloService, SCHEDULER_URL } from '#features/scheduling/halo.service';

/** The scheduler of all pool classes. Needs the database's module in the process. */
@Module({})
export class SchedulingModule {
  /** @param releaseFailed provides `ReleaseFailed` */
  static with({ url, releaseFailed }: { url: string; releaseFailed: Provider }): DynamicModule {
    return {
      module: SchedulingModule,
      imports: [CapacityModule],
      providers: [{ provide: SCHEDULER_URL, useValue: url }, releaseFailed, HaloService],
      exports: [HaloService],
    };
  }
}
