import { Logger, type LoggerService } from '@nestjs/common';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput } from '@temporalio/worker';
import { afterEach, expect, it, vi } from 'vitest';
import { failuresByType } from '#apps/generation-worker/activities/failures';
import { StageFailed } from '#apps/generation-worker/activities/stage-failed';
import { LeaseLost } from '#core/generations/lease-lost';

const alerts = vi.fn();

afterEach(() => {
  Logger.overrideLogger(true);
  alerts.mockClear();
});

it.each([
  { error: new LeaseLost({ generationId: 'g', fence: '1' }), type: 'LeaseLost' },
  { error: new StageFailed('gone'), type: 'StageFailed' },
])('$type is a failure of that type, never tried again', async ({ error, type }) => {
  const failure = await failureOf('publish', error);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type, nonRetryable: true });
});

it.each([
  { activity: 'settle', error: new Error('away'), alerted: true },
  { activity: 'release', error: new Error('away'), alerted: true },
  { activity: 'handBack', error: new Error('away'), alerted: true },
  { activity: 'plan', error: new Error('away'), alerted: false },
  { activity: 'settle', error: new LeaseLost({ generationId: 'g', fence: '1' }), alerted: false },
])('$activity failing with $error.name: alert $alerted', async ({ activity, error, alerted }) => {
  Logger.overrideLogger({ log() {}, warn() {}, error: alerts } satisfies LoggerService);
  await failureOf(activity, error);
  expect(alerts).toHaveBeenCalledTimes(alerted ? 1 : 0);
});

async function failureOf(activityType: string, error: Error): Promise<unknown> {
  const context = { info: { activityType, attempt: 2, workflowExecution: { workflowId: 'g/1', runId: 'r' } } };
  const { inbound } = failuresByType(context as Parameters<typeof failuresByType>[0]);
  const input: ActivityExecuteInput = { args: [], headers: {} };
  return inbound?.execute?.(input, () => Promise.reject(error)).catch((failure: unknown) => failure);
}
