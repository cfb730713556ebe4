import { fileURLToPath } from 'node:url';

/** The child's script beside this file: compiled, or in tests the source itself, whose types Node strips. */
export const LANE_CHILD_SCRIPT = import.meta.url.endsWith('.ts')
  ? { path: fileURLToPath(new URL('./lane-child.ts', import.meta.url)), nodeArguments: ['--conditions=halogen-source'] }
  : { path: fileURLToPath(new URL('./lane-child.js', import.meta.url)), nodeArguments: [] };
