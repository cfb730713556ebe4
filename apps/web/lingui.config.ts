import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de', 'ja'],
  catalogs: [
    {
      path: '<rootDir>/words/{locale}',
      include: ['<rootDir>/portal', '<rootDir>/admin', '<rootDir>/setup', '<rootDir>/share', '<rootDir>/parts'],
    },
  ],
  // Without lines, words change when they change, and not with every line above them.
  format: formatter({ lineNumbers: false }),
  rootDir: import.meta.dirname,
});
