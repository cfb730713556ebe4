import type { Settings } from '#core/settings/settings';

/** As the wire has them. */
export function told({ allowedModels, allowedRegions, ...settings }: Settings) {
  return { ...settings, allowedModels: listed(allowedModels), allowedRegions: listed(allowedRegions) };
}

function listed(names: readonly string[] | null): string[] | null {
  return names && [...names];
}
