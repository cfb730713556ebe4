import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalFolder } from '#platform/storage/local-folder';
import { ObjectExists, type ObjectStorage, ObjectTooLarge } from '#platform/storage/object-storage';
import { S3Bucket } from '#platform/storage/s3-bucket';
import { S3Simulator } from '#testing/s3-simulator';

let folder: string;
let s3: S3Simulator;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'halogen-storage-'));
  s3 = await S3Simulator.start();
});
afterAll(async () => {
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

const stores: [string, () => ObjectStorage][] = [
  ['a local folder', () => new LocalFolder(folder)],
  [
    'an S3 bucket',
    () =>
      new S3Bucket({
        bucket: s3.bucket,
        region: 'eu-central-1',
        endpoint: s3.endpoint,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test-only' },
      }),
  ],
];
const options = { contentType: 'image/png', maxBytes: 100 };

describe.each(stores)('%s', (_name, open) => {
  const create = (store: ObjectStorage, key: string, content: string) => store.create(key, Readable.from([Buffer.from(content)]), options);

  it('keeps an object once, and answers it whole or by range', async () => {
    const store = open();
    expect(await create(store, 'tenant/once/a.png', 'a picture')).toMatchObject({ bytes: 9 });
    await expect(create(store, 'tenant/once/a.png', 'another')).rejects.toBeInstanceOf(ObjectExists);
    expect(await text(await store.read('tenant/once/a.png'))).toBe('a picture');
    expect(await text(await store.read('tenant/once/a.png', { start: 2, end: 5 }))).toBe('pict');
    expect(await store.stat('tenant/once/a.png')).toMatchObject({ bytes: 9, contentType: 'image/png' });
  });

  it('leaves nothing of what is too large or breaks off', async () => {
    const store = open();
    await expect(create(store, 'tenant/large/a.png', 'x'.repeat(101))).rejects.toBeInstanceOf(ObjectTooLarge);
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('it broke off');
      })(),
    );
    await expect(store.create('tenant/large/b.png', broken, options)).rejects.toThrow('it broke off');
    expect([await store.stat('tenant/large/a.png'), await store.stat('tenant/large/b.png')]).toEqual([undefined, undefined]);
  });

  it('lists what is under a prefix, also more than one page of it', async () => {
    const store = open();
    const keys = Array.from({ length: 7 }, (_, at) => `tenant/list/${at}.png`);
    for (const key of [...keys, 'tenant/listed/other.png']) await create(store, key, 'x');
    const listed: string[] = [];
    for await (const { key } of store.list('tenant/list/')) listed.push(key);
    expect(listed.sort()).toEqual(keys);
  });

  it('deletes, and says nothing when there is nothing', async () => {
    const store = open();
    await create(store, 'tenant/gone/a.png', 'x');
    await store.delete('tenant/gone/a.png');
    await store.delete('tenant/gone/a.png');
    expect(await store.stat('tenant/gone/a.png')).toBeUndefined();
    await expect(store.read('tenant/gone/a.png').then(text)).rejects.toThrow();
  });

  it('refuses keys that would leave the store, and says that it is there', async () => {
    const store = open();
    await expect(create(store, 'tenant/../../etc/passwd', 'x')).rejects.toThrow('not a storage key');
    await store.check();
  });
});
