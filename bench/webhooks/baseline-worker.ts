import { Worker } from 'bullmq';
import { Pool } from 'undici';

/** The baseline: a BullMQ worker that posts each job's body, unsigned, unjudged and unlogged, over kept connections. */
const { SINK_URL = '', REDIS_URL = '', CONCURRENCY = '' } = process.env;
const sink = new Pool(SINK_URL, { connections: Number(CONCURRENCY) });

const worker = new Worker<{ body: string }>(
  'bench',
  async ({ data }) => {
    const answer = await sink.request({ method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: data.body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
  },
  { connection: { url: REDIS_URL }, concurrency: Number(CONCURRENCY), removeOnComplete: { count: 0 } },
);
await worker.waitUntilReady();
process.send?.({ ready: true });
process.on('SIGTERM', () => process.exit(0));
