import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { freePort } from '#infra/local/free-port';

it('gives no port twice', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
  expect(new Set(ports).size).toBe(200);
});

it('lets other processes see that a port is given, before anybody listens on it', async () => {
  const other = createSocket('udp4').bind({ port: await freePort(), address: '127.0.0.1', exclusive: true });
  expect(await once(other, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
});
