import { homedir } from 'node:os';
import { join } from 'node:path';

/** Programs that were fetched or built. Outside the clone, so that the next clone need not do it again. */
export function cacheFolder(): string {
  return process.env.HALOGEN_CACHE_DIR || join(homedir(), '.cache', 'halogen');
}
