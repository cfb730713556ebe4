import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveWeb } from '#apps/api/web/serve-web';

@Module({})
class Nothing {}

const folder = mkdtempSync(join(tmpdir(), 'halogen-web-'));
let app: NestFastifyApplication;

beforeAll(async () => {
  for (const name of ['portal', 'admin', 'setup', 'share', 'web-files']) mkdirSync(join(folder, name));
  for (const name of ['portal', 'admin', 'setup', 'share']) writeFileSync(join(folder, name, 'index.html'), `${name} NONCE_OF_THIS_ANSWER`);
  writeFileSync(join(folder, 'web-files/app-hash.js'), 'export {}');
  app = await NestFactory.create<NestFastifyApplication>(Nothing, new FastifyAdapter(), { logger: false });
  serveWeb(app, folder);
  await app.init();
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string, accept = 'text/html') => app.inject({ url, headers: { accept } });

it.each([
  ['/', 'portal'],
  ['/northwind/cola/generations?state=queued', 'portal'],
  ['/administrators', 'portal'],
  ['/admin', 'admin'],
  ['/admin/live', 'admin'],
  ['/setup?step=test', 'setup'],
  ['/setups', 'portal'],
  ['/share', 'share'],
])('%s is a page of %s', async (url, surface) => expect((await get(url)).body.split(' ')[0]).toBe(surface));

it.each(['/api/v1/nothing', '/dream-machine/v1/nothing', '/assets/nothing', '/health/nothing', '/web-files/nothing.js'])(
  '%s is no page',
  async (url) => expect((await get(url)).statusCode).toBe(404),
);

it('is no page for a program', async () => expect((await get('/northwind', 'application/json')).statusCode).toBe(404));

it('gives every answer a nonce of its own, and nothing else may run', async () => {
  const answers = await Promise.all([get('/'), get('/')]);
  const nonces = answers.map(({ body }) => body.split(' ')[1]);
  expect(new Set(nonces).size).toBe(2);
  for (const [at, { headers }] of answers.entries()) {
    expect(headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonces[at]}'`);
    expect(headers['content-security-policy']).toContain(`script-src 'self';`);
    expect(headers['cache-control']).toBe('no-store');
  }
});

it('lets files be kept for ever: their names say what is in them', async () => {
  expect((await get('/web-files/app-hash.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable');
});
