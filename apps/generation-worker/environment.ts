import { z } from 'zod';
import { readEnvironment } from '#platform/config/read-environment';
import { STORAGE_ENVIRONMENT } from '#platform/storage/storage-environment';

export const environment = readEnvironment(
  z.object({
    DATABASE_CONTROL_URL: z.string(),
    TEMPORAL_ADDRESS: z.string(),
    TEMPORAL_NAMESPACE: z.string().default('default'),
    HALOGEN_OUTBOUND_ALLOW: z.string().optional(),
    HALOGEN_OUTBOUND_DNS: z.string().optional(),
    ...STORAGE_ENVIRONMENT,
    HALOGEN_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  }),
);
