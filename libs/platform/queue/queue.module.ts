import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { BoundedQueue, BoundedWorker } from '#platform/queue/bounded-close';
import { redisConnection } from '#platform/queue/redis-connection';

const CLOSING = Symbol('closing');

BullModule.queueClass = BoundedQueue;
BullModule.workerClass = BoundedWorker;

/** BullMQ over one Redis. Jobs carry ids; what they are about, and whether it is done, stands in Postgres. */
@Module({})
export class QueueModule implements OnModuleDestroy {
  constructor(@Inject(CLOSING) private readonly closing: AbortController) {}

  static forRedis(url: string): DynamicModule {
    const closing = new AbortController();
    return {
      module: QueueModule,
      imports: [
        BullModule.forRoot({
          connection: redisConnection(url, closing.signal),
          prefix: 'halogen',
          // A kept job would swallow the next offer under its id.
          defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
        }),
      ],
      providers: [{ provide: CLOSING, useValue: closing }],
    };
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }
}
