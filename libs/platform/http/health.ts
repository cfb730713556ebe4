import { Inject, Injectable, Logger } from '@nestjs/common';

/** Something a process needs to do its work, such as its database. */
export interface HealthCheck {
  /** Shown to whoever probes. */
  readonly name: string;
  /** Rejects when it is not usable. More than 1 s counts as a failure. */
  check(): Promise<void>;
}

export interface Readiness {
  readonly status: 'ready' | 'not_ready' | 'draining';
  readonly checks: readonly { readonly name: string; readonly result: 'ok' | 'failed' | 'timed_out' }[];
}

/** Provider token of the process's HealthCheck list. */
export const HEALTH_CHECKS = Symbol('health checks');
const CHECK_LIMIT_MS = 1_000;

/** Whether this process should be given work. */
@Injectable()
export class Health {
  private readonly logger = new Logger(Health.name);
  private draining = false;

  constructor(@Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[]) {}

  /** From now on the process answers "not ready", so that balancers send it nothing new while it finishes what it has. */
  startDraining(): void {
    this.draining = true;
  }

  /** Runs all checks at once, so it takes 1 s at most. */
  async readiness(): Promise<Readiness> {
    const checks = await Promise.all(this.checks.map(async (check) => ({ name: check.name, result: await this.resultOf(check) })));
    if (this.draining) return { status: 'draining', checks };
    return { status: checks.every(({ result }) => result === 'ok') ? 'ready' : 'not_ready', checks };
  }

  private async resultOf(healthCheck: HealthCheck): Promise<'ok' | 'failed' | 'timed_out'> {
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<'timed_out'>((resolve) => {
      timer = setTimeout(resolve, CHECK_LIMIT_MS, 'timed_out');
    });
    const result = healthCheck.check().then(
      () => 'ok' as const,
      (error: unknown) => {
        // Probes are open to anyone: they learn the name, the log learns why.
        this.logger.warn(`Health check "${healthCheck.name}" failed.`, error);
        return 'failed' as const;
      },
    );
    return Promise.race([result, timedOut]).finally(() => clearTimeout(timer));
  }
}
