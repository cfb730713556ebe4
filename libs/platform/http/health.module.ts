import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata } from '@nestjs/common';
import { HEALTH_CHECKS, Health, type HealthCheck } from '#platform/http/health';
import { HealthController } from '#platform/http/health.controller';
import { MetricsController } from '#platform/http/metrics.controller';

export { Health };

export interface HealthModuleOptions extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Makes the checks from what is injected. */
  // biome-ignore lint/suspicious/noExplicitAny: Nest's own type for injected arguments.
  readonly checks: (...injected: any[]) => readonly HealthCheck[];
}

/** `/health/live`, `/health/ready` and `/metrics` for a process. */
@Module({})
export class HealthModule {
  static with({ imports, inject = [], checks }: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      imports,
      controllers: [HealthController, MetricsController],
      providers: [{ provide: HEALTH_CHECKS, inject, useFactory: checks }, Health],
      exports: [Health],
    };
  }
}
