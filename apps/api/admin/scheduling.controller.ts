import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  listPauses,
  listStuck,
  type MoveBody,
  moveGeneration,
  type PauseBody,
  type PriorityBody,
  pauseScheduling,
  type ResumeBody,
  reprioritizeGeneration,
  resumeScheduling,
  type StuckQuery,
} from '#contracts/admin/scheduling';
import type { Caller } from '#core/access/caller';
import { type PauseTarget, SchedulingOperations } from '#features/scheduling/scheduling-operations.service';

const MS_PER_MINUTE = 60_000;

/** The queue in operators' hands. */
@Controller()
export class SchedulingController {
  constructor(private readonly operations: SchedulingOperations) {}

  @Operation(pauseScheduling)
  async pause(@CallerOf() caller: Caller, @Body(valid(pauseScheduling.body)) body: PauseBody): Promise<void> {
    accepted(await this.operations.pause(caller, targetOf(body), body.reason, endOf(body)));
  }

  @Operation(resumeScheduling)
  async resume(@CallerOf() caller: Caller, @Body(valid(resumeScheduling.body)) body: ResumeBody): Promise<void> {
    accepted(await this.operations.resume(caller, targetOf(body)));
  }

  @Operation(listPauses)
  async pauses() {
    const pauses = await this.operations.pauses();
    return {
      pauses: pauses.map((pause) => ({ ...pause, pausedAt: pause.pausedAt.toISOString(), endsAt: pause.endsAt?.toISOString() ?? null })),
    };
  }

  @Operation(reprioritizeGeneration)
  async reprioritize(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(reprioritizeGeneration.body)) { tenantId, priority }: PriorityBody,
  ): Promise<void> {
    accepted(await this.operations.setPriority(caller, tenantId, idOf(id), priority));
  }

  @Operation(moveGeneration)
  async move(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(valid(moveGeneration.body)) { tenantId, poolClass }: MoveBody,
  ): Promise<void> {
    accepted(await this.operations.move(caller, tenantId, idOf(id), poolClass));
  }

  @Operation(listStuck)
  async stuck(@Query(valid(listStuck.query, 'query')) { minutes }: StuckQuery) {
    const stuck = await this.operations.stuck(new Date(Date.now() - minutes * MS_PER_MINUTE));
    return { stuck: stuck.map((one) => ({ ...one, since: one.since.toISOString() })) };
  }
}

function endOf({ minutes }: PauseBody): Date | null {
  return minutes === undefined ? null : new Date(Date.now() + minutes * MS_PER_MINUTE);
}

function targetOf({ tenantId, poolClass }: ResumeBody): PauseTarget {
  return tenantId === undefined ? { poolClass: poolClass as string } : { tenantId };
}
