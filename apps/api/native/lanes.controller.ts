import { PassThrough } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  getLanes,
  getLaneUse,
  LANE_STATE_NAMES,
  type Lanes,
  type LanesAtQuery,
  type LanesDelta,
  type LanesQuery,
  type LaneUseQuery,
  streamLanes,
} from '#contracts/native/lanes';
import type { Caller } from '#core/access/caller';
import { deltaOf, packCells } from '#core/capacity/lane-cells';
import { LaneUseService } from '#features/capacity/lane-use.service';
import { type LanesView, LiveLanesService } from '#features/capacity/live-lanes.service';

const MS_PER_HOUR = 3_600_000;
/** A comment this often tells the reader, and what lies between, that the stream is alive. */
const HEARTBEAT_MS = 8_000;
/** Of a reader that does not keep up: it comes again, and gets a snapshot. */
const MAX_UNREAD_BYTES = 1_000_000;

/** Lanes as they are now, and what they were used for. */
@Controller()
export class LanesController {
  constructor(
    private readonly lanes: LiveLanesService,
    private readonly use: LaneUseService,
  ) {}

  @Operation(getLanes)
  async now(@CallerOf() caller: Caller, @Query(valid(getLanes.query, 'query')) { tenant, poolClass, at }: LanesAtQuery) {
    const view = at === undefined ? this.lanes.now(caller, tenant, poolClass) : this.lanes.at(caller, poolClass, new Date(at));
    return lanesView(accepted(await view));
  }

  @Operation(streamLanes)
  async stream(
    @CallerOf() caller: Caller,
    @Query(valid(streamLanes.query, 'query')) { tenant, poolClass }: LanesQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    const stream = new PassThrough();
    let last: LanesView | undefined;
    const show = (view: LanesView) => {
      if (stream.writableLength > MAX_UNREAD_BYTES) stream.destroy();
      if (stream.destroyed) return;
      const delta = last && deltaBetween(last, view);
      if (delta?.changes !== '') stream.write(delta ? event('delta', delta) : event('lanes', lanesView(view)));
      last = view;
    };
    const stop = accepted(await this.lanes.follow(caller, tenant, poolClass, show));
    const heartbeat = setInterval(() => stream.write(': alive\n\n'), HEARTBEAT_MS);
    stream.on('close', () => {
      clearInterval(heartbeat);
      stop();
    });
    await reply
      .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream);
  }

  @Operation(getLaneUse)
  async laneUse(@CallerOf() caller: Caller, @Query(valid(getLaneUse.query, 'query')) query: LaneUseQuery) {
    const { tenant, poolClass, stepS } = query;
    const to = query.to === undefined ? new Date() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - MS_PER_HOUR) : new Date(query.from);
    const series = accepted(await this.use.series(caller, tenant, poolClass, { from, to, stepS }));
    return { poolClass, stepS: series.stepS, from: series.from.toISOString(), ...series.columns };
  }
}

/** Undefined when the viewer needs a snapshot. */
function deltaBetween(before: LanesView, after: LanesView): LanesDelta | undefined {
  const isSamePicture =
    before.epoch === after.epoch && isDeepStrictEqual(before.ranges, after.ranges) && isDeepStrictEqual(before.slots, after.slots);
  const delta = isSamePicture ? deltaOf(before.cells, after.cells) : undefined;
  return delta && { version: after.version, writtenAt: after.writtenAt.toISOString(), changes: delta.toString('base64') };
}

function lanesView({ poolClass, version, writtenAt, slots, ranges, cells }: LanesView): Lanes {
  return {
    ...{ poolClass, version, writtenAt: writtenAt.toISOString(), states: [...LANE_STATE_NAMES], slots, ranges },
    cells: packCells(cells).toString('base64'),
  };
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
