import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run the TypeScript sources; the processes that journeys start run from dist.
const sources = { conditions: ['halogen-source'], alias: { '#web': resolve(import.meta.dirname, 'apps/web') } };

/** A journey waits more than it works, so two cores carry two; more than four platforms at once would want a machine's memory. */
const SIDE_BY_SIDE = Math.min(Math.max(availableParallelism(), 2), 4);

export default defineConfig({
  resolve: sources,
  ssr: { resolve: { conditions: ['halogen-source'], externalConditions: ['halogen-source'] } },
  test: {
    // A signal that comes late on a busy machine is no failure.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{libs,apps,infra,bench}/**/*.spec.ts'],
          exclude: ['**/node_modules/**', 'dist/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: SIDE_BY_SIDE,
        },
      },
      {
        extends: true,
        // Each journey has a platform of its own: among the unit tests, from one queue with them.
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: SIDE_BY_SIDE,
        },
      },
      {
        extends: true,
        // What kills and freezes processes has the machine to itself: whoever falls silent there shall be the one that was hit.
        test: {
          name: 'faults',
          include: ['test/faults/**/*.spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // Journeys through the pages, in the machine's own Chromium: one platform for all of them.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.spec.ts'],
          globalSetup: 'test/browser/shared-platform.ts',
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
