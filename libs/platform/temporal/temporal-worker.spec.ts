import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TemporalConnection } from '#platform/temporal/temporal-connection';
import { TemporalWorker } from '#platform/temporal/temporal-worker';

const NOBODY_LISTENS = '127.0.0.1:1';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

it('a process whose Temporal never came can say so, and can stop', async () => {
  const connection = new TemporalConnection({ address: NOBODY_LISTENS, namespace: 'default' });
  const worker = new TemporalWorker(connection, () => ({ taskQueue: 'test', activities: {} }));
  worker.start();
  await expect(connection.check()).rejects.toThrow('not connected');
  await expect(worker.check()).rejects.toThrow('does not run');
  await worker.stop();
  await connection.close();
  await expect(connection.ready()).rejects.toThrow();
});
