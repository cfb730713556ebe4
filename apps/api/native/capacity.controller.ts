import { PassThrough } from 'node:stream';
import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  type CalendarQuery,
  type CutCapacity,
  cutCapacity,
  getCapacity,
  getCapacityCalendar,
  getUtilization,
  liftCapacityCut,
  listCapacityCuts,
  listGuaranteeMonths,
  streamCapacity,
  type UtilizationQuery,
} from '#contracts/native/capacity';
import type { TenantQuery } from '#contracts/native/common';
import type { Caller } from '#core/access/caller';
import { dayOf, isoDay } from '#core/capacity/days';
import { keptPct } from '#core/capacity/guarantee-kept';
import { formatCredits } from '#core/ledger/credits';
import { CapacityCutsService, type CutRow } from '#features/capacity/capacity-cuts.service';
import { CapacityViewsService } from '#features/capacity/capacity-views.service';

const MS_PER_HOUR = 3_600_000;
/** How often a live view is read anew; it is sent when it differs. */
const LOOK_EVERY_MS = 1_000;
/** A comment this often tells the reader, and what lies between, that the stream is alive. */
const HEARTBEAT_MS = 8_000;
/** Each reads the database every second. */
const MAX_STREAMS = 200;

/** Capacity: what one has, what may be ordered, and what operators take away. */
@Controller()
export class CapacityController {
  private streams = 0;

  constructor(
    private readonly views: CapacityViewsService,
    private readonly cuts: CapacityCutsService,
  ) {}

  @Operation(getCapacity)
  async now(@CallerOf() caller: Caller, @Query(valid(getCapacity.query, 'query')) { tenant }: TenantQuery) {
    return accepted(await this.views.now(caller, tenant));
  }

  @Operation(streamCapacity)
  async stream(
    @CallerOf() caller: Caller,
    @Query(valid(streamCapacity.query, 'query')) { tenant }: TenantQuery,
    @Res({ passthrough: false }) reply: FastifyReply,
  ): Promise<void> {
    let last = JSON.stringify(accepted(await this.views.now(caller, tenant)));
    if (this.streams >= MAX_STREAMS) throw new Refused('limit_reached', `This process serves at most ${MAX_STREAMS} live views`);
    this.streams += 1;
    const stream = new PassThrough();
    const send = () => stream.write(`event: capacity\ndata: ${last}\n\n`);
    let isLooking = false;
    const look = async () => {
      if (isLooking) return;
      isLooking = true;
      try {
        const now = JSON.stringify(accepted(await this.views.now(caller, tenant)));
        if (now !== last && !stream.destroyed) {
          last = now;
          send();
        }
      } catch {
        stream.end(); // the reader comes again, and learns why
      } finally {
        isLooking = false;
      }
    };
    const looking = setInterval(look, LOOK_EVERY_MS);
    const heartbeat = setInterval(() => stream.write(': alive\n\n'), HEARTBEAT_MS);
    stream.on('close', () => {
      clearInterval(looking);
      clearInterval(heartbeat);
      this.streams -= 1;
    });
    send();
    await reply
      .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream);
  }

  @Operation(getCapacityCalendar)
  async calendar(@CallerOf() caller: Caller, @Query(valid(getCapacityCalendar.query, 'query')) query: CalendarQuery) {
    const { tenant, poolClass, from, days } = query;
    const startsOn = from === undefined ? undefined : dayOf(from);
    const { stretches, phases } = accepted(await this.views.calendar(caller, tenant, poolClass, { startsOn, days }));
    return {
      poolClass,
      stretches: stretches.map((stretch) => ({ ...stretch, startsOn: isoDay(stretch.startsOn), endsOn: isoDay(stretch.endsOn) })),
      phases: phases?.map((phase) => ({ ...phase, powersOn: isoDay(phase.powersOn) })) ?? null,
    };
  }

  @Operation(getUtilization)
  async utilization(@CallerOf() caller: Caller, @Query(valid(getUtilization.query, 'query')) query: UtilizationQuery) {
    const { tenant, poolClass, from, minutes } = query;
    const range = { from: from === undefined ? new Date(Date.now() - MS_PER_HOUR) : new Date(from), minutes };
    const used = accepted(await this.views.utilization(caller, tenant, poolClass, range));
    return { poolClass, ...used, minutes: used.minutes.map((mean) => ({ ...mean, minute: mean.minute.toISOString() })) };
  }

  @Operation(listGuaranteeMonths)
  async guaranteeMonths(@CallerOf() caller: Caller, @Query(valid(listGuaranteeMonths.query, 'query')) { tenant }: TenantQuery) {
    const months = accepted(await this.views.guaranteeMonths(caller, tenant));
    return {
      months: months.map(({ poolClass, month, starts, keptStarts, serviceCreditMicro, lendingCreditMicro }) => ({
        poolClass,
        month: isoDay(month).slice(0, 7),
        starts,
        keptPct: keptPct({ starts, kept: keptStarts }),
        serviceCreditCredits: formatCredits(BigInt(serviceCreditMicro)),
        lendingCreditCredits: formatCredits(BigInt(lendingCreditMicro)),
      })),
    };
  }

  @Operation(cutCapacity)
  async cut(@CallerOf() caller: Caller, @Body(valid(cutCapacity.body)) { startsOn, endsOn, ...wanted }: CutCapacity) {
    const days = { startsOn: dayOf(startsOn), endsOn: endsOn === null ? null : dayOf(endsOn) };
    const { id, taken } = accepted(await this.cuts.cut(caller, { ...wanted, ...days }));
    return {
      id,
      taken: taken.map(({ creditMicro, ...cut }) => ({
        ...cut,
        startsOn: isoDay(cut.startsOn),
        endsOn: isoDay(cut.endsOn),
        creditedCredits: formatCredits(creditMicro),
      })),
    };
  }

  @Operation(listCapacityCuts)
  async listCuts() {
    return { cuts: (await this.cuts.list()).map(cutView) };
  }

  @Operation(liftCapacityCut)
  async lift(@CallerOf() caller: Caller, @Param('id') id: string) {
    return cutView(accepted(await this.cuts.lift(caller, idOf(id))));
  }
}

function cutView({ startsOn, endsOn, createdAt, cancelledAt, ...cut }: CutRow) {
  return {
    ...cut,
    startsOn: isoDay(startsOn),
    endsOn: endsOn === null ? null : isoDay(endsOn),
    createdAt: createdAt.toISOString(),
    cancelledAt: cancelledAt?.toISOString() ?? null,
  };
}
