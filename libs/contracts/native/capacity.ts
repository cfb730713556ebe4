import { z } from 'zod';
import { Credits, TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { CUT_KINDS } from '#core/capacity/phases';

const ROOT = '/api/v1/capacity';
const MAX_CALENDAR_DAYS = 4 * 366;
const MAX_LANES = 10_000_000;

const Day = z.iso.date().meta({ description: 'A day in UTC.' });

const Capacity = z
  .object({
    tenants: z.array(
      z.object({
        tenantId: z.uuid(),
        name: z.string(),
        poolClass: z.string(),
        guaranteedUnits: z.int(),
        unitsInUse: z.int(),
        otherLanesInUse: z.int().meta({ description: 'Lanes that its work borrows or shares.' }),
      }),
    ),
    poolClasses: z
      .array(z.object({ poolClass: z.string(), accelerator: z.string(), capacityUnits: z.int(), soldUnits: z.int() }))
      .nullable()
      .meta({ description: 'For platform staff.' }),
  })
  .meta({ id: 'Capacity' });

export const getCapacity = {
  id: 'getCapacity',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'capacity:read',
  summary: 'Units that are guaranteed and used now: one’s own, and those of an agency’s brands; everything for platform staff.',
  query: TenantQuery,
  response: Capacity,
} satisfies OperationContract;

export const streamCapacity = {
  id: 'streamCapacity',
  method: 'GET',
  path: `${ROOT}/events`,
  status: 200,
  scope: 'capacity:read',
  summary: `The same as server-sent events: once at first, then whenever it changes. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  mediaTypes: ['text/event-stream'],
} satisfies OperationContract;

export const CalendarQuery = TenantQuery.extend({
  poolClass: z.string().min(1).max(100),
  from: Day.optional(),
  days: z.coerce.number().int().min(1).max(MAX_CALENDAR_DAYS).default(366),
});
export type CalendarQuery = z.infer<typeof CalendarQuery>;

export const getCapacityCalendar = {
  id: 'getCapacityCalendar',
  method: 'GET',
  path: `${ROOT}/calendar`,
  status: 200,
  scope: 'capacity:read',
  summary: `What may be ordered on which days, stretch by stretch. ${TENANT_PARAMETER}`,
  query: CalendarQuery,
  response: z.object({
    poolClass: z.string(),
    stretches: z.array(
      z.object({
        startsOn: Day,
        endsOn: Day.meta({ description: 'The first day after.' }),
        freeUnits: z.int(),
        ownUnits: z.int(),
        capacityUnits: z.int().optional().meta({ description: 'For platform staff.' }),
        soldUnits: z.int().optional().meta({ description: 'For platform staff.' }),
        reserveUnits: z.int().optional().meta({ description: 'Spares, and what cuts take. For platform staff.' }),
      }),
    ),
    phases: z
      .array(z.object({ siteId: z.string(), powersOn: Day, nodes: z.int(), lanesPerNode: z.int() }))
      .nullable()
      .meta({ description: 'When more is powered on. For platform staff.' }),
  }),
} satisfies OperationContract;

const MAX_MINUTES = 1_440;
export const UtilizationQuery = TenantQuery.extend({
  poolClass: z.string().min(1).max(100),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'An hour ago if absent.' }),
  minutes: z.coerce.number().int().min(1).max(MAX_MINUTES).default(60),
});
export type UtilizationQuery = z.infer<typeof UtilizationQuery>;

export const getUtilization = {
  id: 'getUtilization',
  method: 'GET',
  path: `${ROOT}/utilization`,
  status: 200,
  scope: 'capacity:read',
  summary: `Lanes in use by minute: on one’s own units, borrowed and shared, and units that were lent; means over each minute. ${TENANT_PARAMETER}`,
  query: UtilizationQuery,
  response: z.object({
    poolClass: z.string(),
    minutes: z.array(
      z.object({
        minute: When,
        units: z.number(),
        ownLanes: z.number(),
        borrowedLanes: z.number(),
        sharedLanes: z.number(),
        lentUnits: z.number(),
      }),
    ),
    recalledLanes: z.int().meta({ description: 'Lanes that were taken back from others’ work in these minutes, for work of one’s own.' }),
  }),
} satisfies OperationContract;

export const listGuaranteeMonths = {
  id: 'listGuaranteeMonths',
  method: 'GET',
  path: `${ROOT}/guarantee`,
  status: 200,
  scope: 'capacity:read',
  summary: `How the guarantee was kept, by month: starts within a second of those on a private partition of as many lanes. ${TENANT_PARAMETER}`,
  query: TenantQuery,
  response: z.object({
    months: z.array(
      z.object({
        poolClass: z.string(),
        month: z.string(),
        starts: z.int(),
        keptPct: z.number(),
        serviceCreditCredits: Credits,
        lendingCreditCredits: Credits,
      }),
    ),
  }),
} satisfies OperationContract;

const Cut = {
  siteId: z.string().min(1).max(100),
  poolClass: z.string().min(1).max(100),
  kind: z.enum(CUT_KINDS),
  reason: z.string().trim().min(1).max(500),
  lanes: z.int().min(1).max(MAX_LANES),
  startsOn: Day,
};

export const CutCapacity = z
  .strictObject({
    ...Cut,
    endsOn: Day.nullable().meta({ description: 'The first day after; null for good.' }),
    force: z.boolean().default(false).meta({ description: 'Take what is sold, and credit it.' }),
  })
  .refine(({ startsOn, endsOn }) => endsOn === null || startsOn < endsOn, 'endsOn must be after startsOn')
  .meta({ id: 'CutCapacity' });
export type CutCapacity = z.infer<typeof CutCapacity>;

const CapacityCut = z
  .object({ id: z.uuid(), ...Cut, endsOn: Day.nullable(), forced: z.boolean(), createdAt: When, cancelledAt: When.nullable() })
  .meta({ id: 'CapacityCut' });

export const cutCapacity = {
  id: 'cutCapacity',
  method: 'POST',
  path: `${ROOT}/cuts`,
  status: 201,
  scope: 'platform:operate',
  summary:
    'Lose capacity for some days: maintenance, a failure beyond the spares, a late phase. 409 `capacity_is_sold` unless what is sold is covered or the cut is forced.',
  body: CutCapacity,
  response: z.object({
    id: z.uuid(),
    taken: z.array(
      z.object({ tenantId: z.uuid(), commitmentId: z.uuid(), units: z.int(), startsOn: Day, endsOn: Day, creditedCredits: Credits }),
    ),
  }),
} satisfies OperationContract;

export const listCapacityCuts = {
  id: 'listCapacityCuts',
  method: 'GET',
  path: `${ROOT}/cuts`,
  status: 200,
  scope: 'platform:read',
  summary: 'Cuts of capacity, newest first.',
  response: z.object({ cuts: z.array(CapacityCut) }),
} satisfies OperationContract;

export const liftCapacityCut = {
  id: 'liftCapacityCut',
  method: 'POST',
  path: `${ROOT}/cuts/:id/lift`,
  status: 200,
  scope: 'platform:operate',
  summary: 'The capacity is there again. What was credited stays credited.',
  response: CapacityCut,
} satisfies OperationContract;
