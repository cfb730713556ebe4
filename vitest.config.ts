import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run the TypeScript sources; the processes that journeys start run from dist.
const sources = { conditions: ['halogen-source'], alias: { '#web': resolve(import.meta.dirname, 'apps/web') } };

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
        },
      },
      {
        extends: true,
        // Each journey has a platform of its own: one after the other, and after everything else.
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.spec.ts'],
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
