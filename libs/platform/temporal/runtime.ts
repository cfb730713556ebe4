import { Logger } from '@nestjs/common';
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';

let installed = false;

/**
 * Prepares Temporal's native part, once a process. Its own signal handlers are off: the app decides in which order things stop.
 * Its logs go where the process's logs go.
 */
export function installTemporalRuntime(): void {
  if (installed) return;
  installed = true;
  const logger = new Logger('Temporal');
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }: LogEntry) => {
      if (level === 'WARN') logger.warn(message, meta);
      else logger.error(message, meta);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}
