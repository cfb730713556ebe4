import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiModule } from '#apps/api/api.module';
import type { ApiEnvironment } from '#apps/api/environment';
import { openApiDocument } from '#apps/api/openapi';
import { EncryptionKeys, newEncryptionKey } from '#platform/encryption/encryption-keys';

/** `npm run openapi` writes the document; `--check` fails when the written one is not what the contracts say. */
const file = path.resolve('docs/openapi.json');

// Nothing is connected to in preview mode: the routes and their contracts are all that is read.
const nowhere: ApiEnvironment = {
  DATABASE_API_URL: 'postgres://nowhere/nothing',
  HALOGEN_HOST: '127.0.0.1',
  HALOGEN_PORT: 0,
  HALOGEN_PUBLIC_ORIGIN: 'http://127.0.0.1',
  HALOGEN_STORAGE_DIR: 'nowhere',
  HALOGEN_ASSET_SIGNING_SECRET: 'not a secret: nothing is signed in preview mode',
  HALOGEN_ENCRYPTION_KEYS: new EncryptionKeys(newEncryptionKey('preview')),
};
const app = await NestFactory.create(ApiModule.with(nowhere), new FastifyAdapter(), { preview: true, logger: false });
const text = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;

if (process.argv.includes('--check')) {
  const written = await readFile(file, 'utf8').catch(() => '');
  if (written !== text) {
    console.error('docs/openapi.json is not what the contracts say: run `npm run openapi` and commit the result');
    process.exit(1);
  }
} else {
  await writeFile(file, text);
  console.log(`wrote ${path.relative(process.cwd(), file)}`);
}
process.exit(0);
