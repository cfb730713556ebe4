import { z } from 'zod';
import { TENANT_PARAMETER, TenantQuery, When } from '#contracts/native/common';
import type { OperationContract } from '#contracts/operation';
import { LANE_STATES, SLOT_BITS } from '#core/capacity/lane-cells';
import { USE_SERIES } from '#core/capacity/use-blocks';

const ROOT = '/api/v1/capacity';

const PoolClass = z.string().min(1).max(100);
export const LanesQuery = TenantQuery.extend({ poolClass: PoolClass });
export type LanesQuery = z.infer<typeof LanesQuery>;

/** Cells are two bytes each, little-endian, in base64: three bits of state above thirteen of slot. */
export const Lanes = z
  .object({
    poolClass: z.string(),
    version: z.string(),
    writtenAt: When,
    states: z.array(z.string()).meta({ description: `Names of the states: bits ${SLOT_BITS} to 15 of a cell.` }),
    slots: z
      .array(z.object({ slot: z.int(), tenantId: z.uuid(), name: z.string() }))
      .meta({ description: `Whom the lower ${SLOT_BITS} bits of a cell name.` }),
    ranges: z
      .array(z.object({ siteId: z.string(), nodeId: z.string().nullable(), lanes: z.int() }))
      .meta({ description: 'In the order of the cells. Nodes are for platform staff.' }),
    cells: z.string().meta({ description: 'Base64, two bytes a lane, little-endian.' }),
  })
  .meta({ id: 'Lanes' });
export type Lanes = z.infer<typeof Lanes>;
export const LANE_STATE_NAMES: readonly string[] = LANE_STATES;

/** What changed since the snapshot or delta before. */
export const LanesDelta = z
  .object({
    version: z.string(),
    writtenAt: When,
    changes: z
      .string()
      .meta({ description: 'Base64, five bytes a lane, little-endian: three of its place in the cells, two of its cell.' }),
  })
  .meta({ id: 'LanesDelta' });
export type LanesDelta = z.infer<typeof LanesDelta>;

export const LanesAtQuery = LanesQuery.extend({
  at: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'A moment of the last day, to the minute; now if absent. For platform staff.' }),
});
export type LanesAtQuery = z.infer<typeof LanesAtQuery>;

export const getLanes = {
  id: 'getLanes',
  method: 'GET',
  path: `${ROOT}/lanes`,
  status: 200,
  scope: 'capacity:read',
  summary: `What each lane does now, packed: those of one’s own work and of an agency’s brands; all of the pool class for platform staff. ${TENANT_PARAMETER}`,
  query: LanesAtQuery,
  response: Lanes,
} satisfies OperationContract;

export const streamLanes = {
  id: 'streamLanes',
  method: 'GET',
  path: `${ROOT}/lanes/events`,
  status: 200,
  scope: 'capacity:read',
  summary: `The same as server-sent events: \`lanes\` at first and whenever the picture is another one, then \`delta\` at most once a second. ${TENANT_PARAMETER}`,
  query: LanesQuery,
} satisfies OperationContract;

const STEPS = USE_SERIES.map(({ stepS }) => stepS);
export const LaneUseQuery = LanesQuery.extend({
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'An hour ago if absent.' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Now if absent.' }),
  stepS: z.coerce
    .number()
    .int()
    .refine((step) => STEPS.includes(step), `one of ${STEPS.join(', ')}`)
    .optional()
    .meta({ description: `One of ${STEPS.join(', ')}; the finest that fits if absent.` }),
});
export type LaneUseQuery = z.infer<typeof LaneUseQuery>;

const Column = z.array(z.number().nullable());

export const getLaneUse = {
  id: 'getLaneUse',
  method: 'GET',
  path: `${ROOT}/lane-use`,
  status: 200,
  scope: 'capacity:read',
  summary: `Lanes in use over time by kind, column by column, at most 2,000 points; of the whole pool class for platform staff. ${TENANT_PARAMETER}`,
  query: LaneUseQuery,
  response: z.object({
    poolClass: z.string(),
    stepS: z.int(),
    from: When.meta({ description: 'Of the first point; the others follow a step apart.' }),
    own: Column,
    lent: Column.meta({ description: 'On idle units of others. Flex is counted apart.' }),
    shared: Column,
    flex: Column,
    idle: Column.meta({ description: 'Units that nothing of one’s own fills; of a pool class, free lanes.' }),
  }),
} satisfies OperationContract;
