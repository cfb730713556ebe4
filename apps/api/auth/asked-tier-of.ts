import type { IncomingHttpHeaders } from 'node:http';
import { Refused } from '#apps/api/errors/refused';
import { isServiceTier, SERVICE_TIERS, type ServiceTier } from '#core/catalog/service-tiers';

/** The service tier that a call names in its header: bodies of Dream Machine have no field for it. @throws Refused for one that is none */
export function askedTierOf(headers: IncomingHttpHeaders): ServiceTier | undefined {
  const asked = headers['x-halogen-tier'];
  if (asked === undefined) return undefined;
  if (typeof asked === 'string' && isServiceTier(asked)) return asked;
  throw new Refused('invalid_tier', `x-halogen-tier names no service tier. Valid: ${SERVICE_TIERS.join(', ')}`);
}
