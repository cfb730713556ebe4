import { z } from 'zod';
import type { OperationContract } from '#contracts/operation';

const ROOT = '/api/v1/operations/pools';
/** Pools that are listed: more than any fleet has. */
export const MAX_POOLS_LISTED = 1_000;

const Pool = z
  .object({
    poolId: z.string(),
    siteId: z.string(),
    poolClass: z.string(),
    nodes: z.int(),
    trainsOnInputs: z
      .boolean()
      .meta({ description: 'Its terms let what it is sent be used for training: work that rules this out stays away.' }),
  })
  .meta({ id: 'Pool' });

export const SetPoolTerms = z.object({ trainsOnInputs: z.boolean(), reason: z.string().trim().min(1).max(500) });
export type SetPoolTerms = z.infer<typeof SetPoolTerms>;

export const listPools = {
  id: 'listPools',
  method: 'GET',
  path: ROOT,
  status: 200,
  scope: 'platform:read',
  summary: 'Pools with their terms, by pool class and id.',
  response: z.object({ pools: z.array(Pool) }),
} satisfies OperationContract;

export const setPoolTerms = {
  id: 'setPoolTerms',
  method: 'PATCH',
  path: `${ROOT}/:poolId`,
  status: 200,
  scope: 'platform:operate',
  stepUp: true,
  summary: 'Say whether what a pool is sent may be used for training. Where it may, work that rules it out does not start from now on.',
  body: SetPoolTerms,
  response: Pool,
} satisfies OperationContract;
