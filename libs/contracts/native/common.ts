import { z } from 'zod';

/** Credits on the wire: a decimal string, exact to a millionth, never a float. */
export const Credits = z.string().meta({ description: 'Decimal string, exact to a millionth of a credit.' });

/** An amount that a caller names, as micro-credits. */
export const CreditsGiven = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,6})?$/, 'must be a decimal string with at most six places')
  .meta({ description: 'Decimal string with at most six places.' });

/** An amount of more than nothing. */
export const CreditsAboveZero = z
  .string()
  .regex(/^(?![0.]+$)\d{1,12}(\.\d{1,6})?$/, 'must be a decimal string above zero with at most six places')
  .meta({ description: 'Decimal string above zero with at most six places.' });

export const Name = z.string().trim().min(1).max(120);
export const When = z.iso.datetime();

/** Query of routes that work on the caller's own tenant unless another one is named that it may reach: a brand, or any for the platform's staff. */
export const TenantQuery = z.object({ tenant: z.uuid().optional() });
export type TenantQuery = z.infer<typeof TenantQuery>;

const MAX_PAGE_ROWS = 100;

export const PageQuery = TenantQuery.extend({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_ROWS).default(MAX_PAGE_ROWS),
  after: z.uuid().optional().meta({ description: 'Id of the last row of the page before.' }),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const TENANT_PARAMETER = '?tenant= names a brand, or any tenant for platform staff.';

/** What a count says: past what is looked through it is a lower bound. */
export const Count = z.object({ value: z.int(), exact: z.boolean() }).meta({ id: 'Count' });

/** What a completed generation made, by signed URLs that work without headers. */
export const Assets = z.object({
  image: z.url(),
  thumbnail: z.url().meta({ description: 'The image as a small JPEG, for lists.' }),
  video: z.url().optional(),
});
export type Assets = z.infer<typeof Assets>;
