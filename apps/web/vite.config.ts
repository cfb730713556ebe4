import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lingui } from '@lingui/vite-plugin';
import { defineConfig, type ProxyOptions } from 'vite';

const root = import.meta.dirname;
const project = resolve(root, '../..');

export default defineConfig(({ command }) => ({
  root,
  // Of one folder of URLs, so that no page of the app can be mistaken for a file of it.
  build: {
    outDir: join(project, 'dist/web'),
    emptyOutDir: true,
    assetsDir: 'web-files',
    assetsInlineLimit: 0, // the content security policy allows no fonts and styles from data: URLs
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(['portal', 'admin', 'setup', 'share'].map((surface) => [surface, join(root, surface, 'index.html')])),
      onLog: (level, log, handle) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && handle(level, log), // "use client" means nothing here
    },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000, // what counts is checked by the budgets, compressed
    manifest: true,
  },
  // Replaced by the API in every answer.
  html: { cspNonce: 'NONCE_OF_THIS_ANSWER' },
  resolve: {
    alias: { '#web': root, '#sdk': join(project, 'sdks/typescript/generated') },
    conditions: ['halogen-source', 'module', 'browser', 'development|production'],
  },
  plugins: [lingui({ configPath: join(root, 'lingui.config.ts'), macroTransform: true, failOnCompileError: true })],
  server: command === 'serve' ? { host: '127.0.0.1', proxy: proxyToApi() } : {},
}));

/** For work on pages: `npm run web:dev` beside a running `npm start`. The demo key stays in this process, the browser never sees it. */
function proxyToApi(): Record<string, ProxyOptions> {
  const runFile = join(project, '.halogen/run.json');
  if (!existsSync(runFile)) return {};
  const { api, keys } = JSON.parse(readFileSync(runFile, 'utf8')) as { api: string; keys: { demo: string } };
  const proxy: ProxyOptions = { target: api, headers: { authorization: `Bearer ${keys.demo}` } };
  return { '/api/v1': proxy, '/assets': proxy };
}
