import { PgBoss } from 'pg-boss';

const QUEUE = 'bench';
/** Workers × batch: as many jobs in hand as ours have lanes. */
const WORKERS = 4;
const BATCH = 64;
const INSERTED_AT_ONCE = 5_000;

/** pg-boss on the same server: jobs are fetched and completed by batches, with no fairness, lanes, leases or money. */
export class PgBossBaseline implements AsyncDisposable {
  private constructor(private readonly boss: PgBoss) {}

  static async on(connectionString: string, jobs: number): Promise<PgBossBaseline> {
    const boss = new PgBoss({ connectionString, max: WORKERS, supervise: false, schedule: false });
    boss.on('error', () => {});
    await boss.start();
    await boss.createQueue(QUEUE);
    for (let made = 0; made < jobs; made += INSERTED_AT_ONCE) {
      await boss.insert(
        QUEUE,
        Array.from({ length: Math.min(INSERTED_AT_ONCE, jobs - made) }, (_, at) => ({ data: { at: made + at } })),
      );
    }
    return new PgBossBaseline(boss);
  }

  /** @returns jobs fetched and completed a second */
  async perSecond(durationMs: number): Promise<number> {
    const startedAt = performance.now();
    let done = 0;
    const work = async () => {
      while (performance.now() - startedAt < durationMs) {
        const jobs = await this.boss.fetch(QUEUE, { batchSize: BATCH });
        if (jobs.length === 0) throw new Error('the baseline ran out of jobs');
        await this.boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
        done += jobs.length;
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    return (done / (performance.now() - startedAt)) * 1_000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.boss.stop({ graceful: false });
  }
}
