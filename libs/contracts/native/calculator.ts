import { z } from 'zod';
import { Credits, TENANT_PARAMETER, TenantQuery } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { MIN_UNITS } from '#core/capacity/limits';
import { TERMS } from '#core/capacity/prices';

const MAX_MIX = 20;
const MAX_HOURS = 7 * 24;
const MAX_ARRIVALS_PER_HOUR = 1_000_000;
const MAX_WAIT_S = 86_400;
const Word = z.string().min(1).max(60);

const MixPart = z.strictObject({
  model: Word,
  aspectRatio: Word.optional(),
  resolution: Word.optional(),
  duration: Word.optional(),
  share: z.number().min(0.001).max(1_000_000).default(1).meta({ description: 'Relative to the other parts’.' }),
});

const Load = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('described'),
    mix: z.array(MixPart).min(1).max(MAX_MIX),
    arrivalsPerHour: z
      .array(z.number().min(0).max(MAX_ARRIVALS_PER_HOUR))
      .min(1)
      .max(MAX_HOURS)
      .meta({ description: 'One hour after the other; the profile repeats.' }),
  }),
  z.strictObject({ kind: z.literal('last_30_days'), poolClass: z.string().min(1).max(100) }),
]);

export const CalculateUnits = z
  .strictObject({
    load: Load,
    waitP99Seconds: z.number().min(0).max(MAX_WAIT_S).meta({ description: 'Of a hundred jobs one may wait longer.' }),
    months: z.literal(TERMS).default(1),
  })
  .meta({ id: 'CalculateUnits' });
export type CalculateUnits = z.infer<typeof CalculateUnits>;

const UnitsPoint = z.object({
  units: z.int(),
  waitP50Seconds: z.number(),
  waitP95Seconds: z.number(),
  waitP99Seconds: z.number().meta({ description: 'While nobody lends a lane: what is guaranteed.' }),
  usedPct: z.number().meta({ description: 'Of the units’ time.' }),
  spilloverPct: z.number().meta({ description: 'Of the lane time, what would run on other lanes if there always were one to borrow.' }),
  unitsCreditsPerMonth: Credits,
  spilloverCreditsPerMonth: Credits.meta({ description: 'Of that part, as shared work: the most that the tier `spillover` would charge.' }),
});

export const calculateUnits = {
  id: 'calculateUnits',
  method: 'POST',
  path: '/api/v1/capacity/calculator',
  status: 200,
  scope: 'capacity:read',
  summary: `How many units a load needs for a wait, found by running the planner over it: a load described, or one’s own of the last 30 days. 503 while others are being calculated. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  body: CalculateUnits,
  response: z
    .object({
      poolClass: z.string(),
      neededUnits: z.int().nullable().meta({ description: 'Null when no number of units that may be tried is enough.' }),
      orderUnits: z
        .int()
        .nullable()
        .meta({ description: `An order has at least ${MIN_UNITS}.` }),
      meanLanes: z.number(),
      peakLanes: z.int().meta({ description: 'Lanes that would be busy at once if nothing ever waited.' }),
      simulatedJobs: z.int(),
      isWhole: z.boolean().meta({ description: 'False: the busiest stretch of what was described, or the latest of the last 30 days.' }),
      points: z.array(UnitsPoint),
    })
    .meta({ id: 'CalculatedUnits' }),
} satisfies OperationContract;
