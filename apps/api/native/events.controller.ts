import { PassThrough } from 'node:stream';
import { Controller, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { Refused } from '#apps/api/errors/refused';
import { eventView } from '#apps/api/native/generation-view';
import { Operation } from '#apps/api/operation.decorator';
import { streamGeneration } from '#contracts/native/generations';
import type { Caller } from '#core/access/caller';
import { isFinal } from '#core/generations/state';
import { GenerationReportsService } from '#features/generations/generation-reports.service';
import { eventsAfter, GenerationWatch } from '#features/generations/generation-watch';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A comment this often tells the reader, and what lies between, that the stream is alive. */
const HEARTBEAT_MS = 8_000;
/** Proposed to readers whose connection was cut. */
const RECONNECT_MS = 1_000;

/** Progress of one generation as server-sent events. Ends with the generation. */
@Controller()
export class GenerationEventsController {
  constructor(
    private readonly reports: GenerationReportsService,
    private readonly watch: GenerationWatch,
  ) {}

  @Operation(streamGeneration)
  async stream(
    @CallerOf() { tenantId }: Caller,
    @Param('id') id: string,
    @Res({ passthrough: false }) reply: FastifyReply,
    @Headers('last-event-id') lastEventId = '',
  ): Promise<void> {
    const report = UUID.test(id) ? await this.reports.get({ tenantId }, id.toLowerCase()) : null;
    if (!report) throw new Refused('not_found', 'Generation not found');

    let lastSeen = /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : 0;
    const stream = new PassThrough();
    const stop = this.watch.follow(report.generation, (now) => {
      for (const event of eventsAfter(now, lastSeen)) {
        lastSeen = event.sequence;
        stream.write(`id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(now.generation.id, event))}\n\n`);
      }
      if (isFinal(now.generation.state)) stream.end();
    });
    const heartbeat = setInterval(() => stream.write(': alive\n\n'), HEARTBEAT_MS);
    stream.on('close', () => {
      clearInterval(heartbeat);
      stop();
    });
    stream.write(`retry: ${RECONNECT_MS}\n\n`);
    await reply
      .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream);
  }
}
