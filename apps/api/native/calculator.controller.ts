import { Body, Controller, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type CalculateUnits, calculateUnits } from '#contracts/native/calculator';
import type { TenantQuery } from '#contracts/native/common';
import type { Caller } from '#core/access/caller';
import { formatCredits } from '#core/ledger/credits';
import { CalculatorService, type UnitsAnswer } from '#features/simulations/calculator.service';

/** How many units to order. */
@Controller()
export class CalculatorController {
  constructor(private readonly calculator: CalculatorService) {}

  @Operation(calculateUnits)
  async calculate(
    @CallerOf() caller: Caller,
    @Query(valid(calculateUnits.query, 'query')) { tenant }: TenantQuery,
    @Body(valid(calculateUnits.body)) { load, waitP99Seconds, months }: CalculateUnits,
  ) {
    const answer = accepted(await this.calculator.unitsFor(caller, tenant, { load, waitP99Ms: waitP99Seconds * 1_000, months }));
    return { ...answer, meanLanes: rounded(answer.meanLanes), points: answer.points.map(pointView) };
  }
}

function pointView(point: UnitsAnswer['points'][number]) {
  return {
    units: point.units,
    waitP50Seconds: rounded(point.waitP50Ms / 1_000),
    waitP95Seconds: rounded(point.waitP95Ms / 1_000),
    waitP99Seconds: rounded(point.waitP99Ms / 1_000),
    usedPct: rounded(point.usedPart * 100),
    spilloverPct: rounded(point.spilloverPart * 100),
    unitsCreditsPerMonth: formatCredits(point.unitsMonthMicro),
    spilloverCreditsPerMonth: formatCredits(point.spilloverMonthMicro),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
