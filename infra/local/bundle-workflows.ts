import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Compiled files, seen from dist/infra/local. */
const WORKFLOWS = '../../libs/workflows/generate.js';
const INTERCEPTORS = ['../../libs/workflows/interceptors.js'];
const BUNDLE = '../../workflow-bundle.js';

const { code } = await bundleWorkflowCode({
  workflowsPath: pathOf(WORKFLOWS),
  workflowInterceptorModules: INTERCEPTORS.map(pathOf),
  logger: new DefaultLogger('WARN'),
});
await writeFile(pathOf(BUNDLE), code);

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
