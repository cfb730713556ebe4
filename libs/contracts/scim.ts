import { z } from 'zod';

/** Where identity providers find the directory: one address for all tenants, since the token names the tenant. */
export const SCIM_PREFIX = '/scim/v2';
export const SCIM_TYPE = 'application/scim+json';

export const SCIM_ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
export const SCIM_LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

const MAX_LIST_CHARACTERS = 2_000;

/** How a resource is asked for. What identity providers add besides is no matter of ours. */
export const ScimQuery = z.object({
  attributes: z.string().max(MAX_LIST_CHARACTERS).optional(),
  excludedAttributes: z.string().max(MAX_LIST_CHARACTERS).optional(),
});
export type ScimQuery = z.infer<typeof ScimQuery>;

export const ScimListQuery = ScimQuery.extend({
  filter: z.string().optional(),
  startIndex: z.coerce.number().int().optional(),
  count: z.coerce.number().int().optional(),
});
export type ScimListQuery = z.infer<typeof ScimListQuery>;
