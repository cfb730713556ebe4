import { PassThrough } from 'node:stream';
import { Controller, Headers, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { valid } from '#apps/api/errors/valid';
import { generationView } from '#apps/api/native/generation-view';
import { Operation } from '#apps/api/operation.decorator';
import { type LiveEvents, type LiveQuery, streamLive } from '#contracts/native/live';
import type { Caller } from '#core/access/caller';
import { GenerationWatch } from '#features/generations/generation-watch';
import { NewestWatch } from '#features/generations/newest-watch';
import { SignedUrls } from '#platform/storage/signed-urls';

/** A comment this often tells the reader, and what lies between, that the stream is alive. */
const HEARTBEAT_MS = 8_000;
/** Proposed to readers whose connection was cut. */
const RECONNECT_MS = 1_000;
/** A reader that lets more than this wait is cut off: it comes back and begins with everything as it is then. */
const MAX_UNREAD_BYTES = 4_000_000;

/** One stream for all that a browser shows. */
@Controller()
export class LiveController {
  constructor(
    private readonly generations: GenerationWatch,
    private readonly newest: NewestWatch,
    private readonly urls: SignedUrls,
  ) {}

  @Operation(streamLive)
  async stream(
    @CallerOf() { tenantId }: Caller,
    @Query(valid(streamLive.query, 'query')) { topics }: LiveQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
    @Headers('last-event-id') lastEventId?: string,
  ): Promise<void> {
    const stream = new PassThrough();
    let sequence = 0;
    const tell = (event: keyof typeof LiveEvents, data: object) => {
      if (stream.readableLength > MAX_UNREAD_BYTES) return stream.destroy();
      sequence += 1;
      stream.write(`id: ${sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    stream.write(`retry: ${RECONNECT_MS}\n\n`);
    if (lastEventId) tell('resync', {});
    const stops = topics.split(',').map((topic) =>
      topic === 'generations'
        ? this.newest.follow(tenantId, (id) => tell('newest', { id }))
        : this.generations.follow({ tenantId, id: topic.slice('generation:'.length) }, (report) =>
            tell(
              'generation',
              generationView(report, (key) => this.urls.assetUrl(key)),
            ),
          ),
    );
    const heartbeat = setInterval(() => stream.write(': alive\n\n'), HEARTBEAT_MS);
    stream.on('close', () => {
      clearInterval(heartbeat);
      for (const stop of stops) stop();
    });
    await reply
      .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream);
  }
}
