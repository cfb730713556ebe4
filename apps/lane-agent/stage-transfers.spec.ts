import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { downloadInputs } from '#apps/lane-agent/download-inputs';
import { uploadArtifact } from '#apps/lane-agent/upload-artifact';
import type { StageArtifact } from '#backends/backend';
import { LaneApiDouble } from '#testing/lane-api-double';

const LEASE = { tenantId: 't', generationId: 'g', fence: '1' };
const NEVER = new AbortController().signal;
let api: LaneApiDouble;
let folder: string;
let artifact: StageArtifact;

beforeEach(async () => {
  api = await LaneApiDouble.listen('token');
  folder = await mkdtemp(join(tmpdir(), 'halogen-transfers-'));
  artifact = { name: 'image', path: join(folder, 'image.jpg'), contentType: 'image/jpeg', bytes: 5 };
  await writeFile(artifact.path, 'hello');
});
afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

it('has lost its lease when the object is there already', async () => {
  api.objects.set('key', { bytes: Buffer.from('another'), contentType: undefined, contentLength: undefined });
  await expect(uploadArtifact(artifact, api.objectUrl('key'), LEASE, NEVER)).rejects.toMatchObject({ type: 'LeaseLost' });
});

it('takes an object as its own when its earlier try may have arrived', async () => {
  api.onUpload = () => 502;
  await uploadArtifact(artifact, api.objectUrl('key'), LEASE, NEVER);
  expect(api.objects.get('key')?.bytes.toString()).toBe('hello');
});

it('may be tried again when the upload is refused or storage is away', async () => {
  api.onUpload = () => 403;
  await expect(uploadArtifact(artifact, api.objectUrl('key'), LEASE, NEVER)).rejects.toMatchObject({
    type: 'TransferFailed',
    nonRetryable: false,
  });
});

it('reads inputs under names of its own', async () => {
  api.objects.set('key', { bytes: Buffer.from('hello'), contentType: undefined, contentLength: undefined });
  const paths = await downloadInputs([{ name: '../../etc/master', url: api.objectUrl('key') }], folder, NEVER);
  expect(paths).toEqual({ '../../etc/master': join(folder, 'input-0') });
  expect(await readFile(join(folder, 'input-0'), 'utf8')).toBe('hello');
});

it.each([
  { maxBytes: 5, key: 'key', expected: undefined },
  { maxBytes: 4, key: 'key', expected: { type: 'StageFailed', nonRetryable: true } },
  { maxBytes: 5, key: 'missing', expected: { type: 'TransferFailed', nonRetryable: false } },
])('an input of 5 bytes, at most $maxBytes, key $key → $expected.type', async ({ maxBytes, key, expected }) => {
  api.objects.set('key', { bytes: Buffer.from('hello'), contentType: undefined, contentLength: undefined });
  const reading = downloadInputs([{ name: 'master', url: api.objectUrl(key) }], folder, NEVER, maxBytes);
  if (expected) await expect(reading).rejects.toMatchObject(expected);
  else await expect(reading).resolves.toBeDefined();
});
