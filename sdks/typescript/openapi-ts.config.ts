import { defineConfig } from '@hey-api/openapi-ts';

/** The client of the native API. Everything below `generated/` comes from the contracts and is never edited or committed. */
export default defineConfig({
  input: '../../docs/openapi.json',
  output: { path: 'generated', clean: true },
  logs: { level: 'warn', file: false },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk', '@tanstack/react-query', 'zod'],
});
