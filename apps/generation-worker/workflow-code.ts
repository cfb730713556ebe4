import { extname } from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { workflowBundle } from '#platform/temporal/workflow-bundle';

/** `.ts` from the sources, `.js` in `dist`. */
const EXTENSION = extname(import.meta.url);

let bundle: Promise<WorkflowBundleOption> | undefined;

/** The code of `generate` for a worker, made at most once a process. */
export function generateBundle(): Promise<WorkflowBundleOption> {
  bundle ??= workflowBundle({
    workflows: new URL(`../../libs/workflows/generate${EXTENSION}`, import.meta.url),
    interceptors: [new URL(`../../libs/workflows/interceptors${EXTENSION}`, import.meta.url)],
    prebuilt: EXTENSION === '.js' ? new URL('../../workflow-bundle.js', import.meta.url) : undefined,
  });
  return bundle;
}
