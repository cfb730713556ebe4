import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

export interface WorkflowCode {
  /** Module whose exports are the workflows. */
  workflows: URL;
  interceptors: URL[];
  /** Made at build time from the same modules; used when it is there. */
  prebuilt?: URL;
}

/** What a worker runs in its isolates: the prebuilt bundle, or one made now (some seconds of work). */
export async function workflowBundle({ workflows, interceptors, prebuilt }: WorkflowCode): Promise<WorkflowBundleOption> {
  if (prebuilt && existsSync(prebuilt)) return { codePath: fileURLToPath(prebuilt) };
  const isSource = workflows.pathname.endsWith('.ts');
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(workflows),
    workflowInterceptorModules: interceptors.map((url) => fileURLToPath(url)),
    logger: { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error },
    webpackConfigHook: (config) =>
      isSource ? { ...config, resolve: { ...config.resolve, conditionNames: ['halogen-source', 'import', 'require', 'default'] } } : config,
  });
}
