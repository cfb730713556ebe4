import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['halogen-source'] },
  ssr: { resolve: { conditions: ['halogen-source'], externalConditions: ['halogen-source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{libs,apps,infra}/**/*.spec.ts'], exclude: ['**/*.db.spec.ts', '**/node_modules/**', 'dist/**'] },
      },
    ],
  },
});
