import { Controller, Query } from '@nestjs/common';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { getQueue, type QueueQuery } from '#contracts/admin/queue';
import { WAIT_BOUNDS_S } from '#core/scheduling/wait-buckets';
import { QueueFiguresService } from '#features/queue-figures/queue-figures.service';

/** Queues and waits, from what is kept of them. */
@Controller()
export class QueueController {
  constructor(private readonly queues: QueueFiguresService) {}

  @Operation(getQueue)
  async figures(@Query(valid(getQueue.query, 'query')) { tier, ...wish }: QueueQuery) {
    const { depths, from, ...figures } = await this.queues.figures({ ...wish, serviceTier: tier });
    return {
      ...figures,
      depths: depths.map((depth) => ({ ...depth, countedAt: depth.countedAt.toISOString() })),
      from: from.toISOString(),
      boundsS: WAIT_BOUNDS_S,
    };
  }
}
