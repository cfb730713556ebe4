import { z } from 'zod';

/** One job is one attempt of one delivery. Its id in Redis is the delivery's id, so that offering it again folds into one. */
export const DELIVERIES_QUEUE = 'deliveries';

/** Ids and nothing else: URL, body and schedule are read from Postgres at the attempt. */
export const DeliveryJob = z.object({ tenantId: z.uuid(), deliveryId: z.uuid() });
export type DeliveryJob = z.infer<typeof DeliveryJob>;
