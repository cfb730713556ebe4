import type { Bench } from '#bench/bench';
import { dispatchBench } from '#bench/dispatch/dispatch-bench';
import { ingestBench } from '#bench/ingest/ingest-bench';
import { ledgerBench } from '#bench/ledger/ledger-bench';
import { limitsBench } from '#bench/limits/limits-bench';
import { reviewBench } from '#bench/review/review-bench';
import { scheduleBench } from '#bench/schedule/schedule-bench';
import { submitBench } from '#bench/submit/submit-bench';
import { webBench } from '#bench/web/web-bench';
import { webhooksBench } from '#bench/webhooks/webhooks-bench';
import { workflowBench } from '#bench/workflow/workflow-bench';

/** Benchmarks by the name under which `npm run bench` knows them. */
export const BENCHES: Record<string, Bench> = {
  dispatch: dispatchBench,
  ingest: ingestBench,
  ledger: ledgerBench,
  limits: limitsBench,
  review: reviewBench,
  schedule: scheduleBench,
  submit: submitBench,
  web: webBench,
  webhooks: webhooksBench,
  workflow: workflowBench,
};
