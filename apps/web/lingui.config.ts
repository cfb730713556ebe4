import { defineConfig } from '@lingui/cli';

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de', 'ja'],
  catalogs: [{ path: '<rootDir>/words/{locale}', include: ['<rootDir>/portal', '<rootDir>/admin', '<rootDir>/setup', '<rootDir>/parts'] }],
  rootDir: import.meta.dirname,
});
