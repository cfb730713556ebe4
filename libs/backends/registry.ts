import type { Backend } from '#backends/backend';
import { ReferenceBackend, type ReferenceMode } from '#backends/reference/reference-backend';

export interface BackendOptions {
  referenceMode?: ReferenceMode;
}

const BACKENDS: Record<string, (options: BackendOptions) => Backend> = {
  reference: ({ referenceMode }) => new ReferenceBackend({ mode: referenceMode }),
};

/** Throws RangeError for a name that no backend has. */
export function createBackend(name: string, options: BackendOptions = {}): Backend {
  const create = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (!create) throw new RangeError(`no backend '${name}'; there are: ${Object.keys(BACKENDS).join(', ')}`);
  return create(options);
}
