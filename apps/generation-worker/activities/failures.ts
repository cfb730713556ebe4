import { Logger } from '@nestjs/common';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { StageFailed } from '#apps/generation-worker/activities/stage-failed';
import { LeaseLost } from '#core/generations/lease-lost';

/** Activities that are tried until they succeed: without an alert nobody would learn that they do not. */
const UNTIL_COMMITTED: ReadonlySet<string> = new Set(['settle', 'release', 'handBack']);

const logger = new Logger('ControlActivities');

/** The one place where errors of the control plane become failures that the workflow knows by type. */
export const failuresByType: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (error instanceof LeaseLost) throw notRetryable(error, ApplicationFailureCategory.BENIGN);
        if (error instanceof StageFailed) throw notRetryable(error);
        if (UNTIL_COMMITTED.has(info.activityType)) {
          const fields = {
            alert: 'run_not_ended',
            activity: info.activityType,
            attempt: info.attempt,
            run: info.workflowExecution?.workflowId,
          };
          logger.error('A run cannot be ended; it is tried again until it is.', fields, error);
        }
        throw error;
      }
    },
  },
});

function notRetryable(error: Error, category?: ApplicationFailureCategory): ApplicationFailure {
  return ApplicationFailure.create({ message: error.message, type: error.name, nonRetryable: true, category });
}
