import { z } from 'zod';
import { ENCRYPTION_ENVIRONMENT } from '#platform/encryption/encryption-environment';
import { STORAGE_ENVIRONMENT } from '#platform/storage/storage-environment';

/** What this process is told. Read once, in `main`. */
export const BackgroundWorkerEnvironment = z.object({
  DATABASE_CONTROL_URL: z.url(),
  DATABASE_LOADER_URL: z.url(),
  ...STORAGE_ENVIRONMENT,
  HALOGEN_ASSET_SIGNING_SECRET: z.string().min(32),
  ...ENCRYPTION_ENVIRONMENT,
  /** Origin of the API as customers reach it: asset URLs in callbacks begin with it. */
  HALOGEN_PUBLIC_ORIGIN: z.url().transform((url) => url.replace(/\/+$/, '')),
  HALOGEN_OUTBOUND_ALLOW: z.string().optional(),
  HALOGEN_OUTBOUND_DNS: z.string().optional(),
  /** Divides the schedule and the time limits of webhooks, for tests. */
  HALOGEN_WEBHOOK_TIME_SCALE: z.coerce.number().min(1).max(1_000_000).default(1),
  /** 0 picks a free port. */
  HALOGEN_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  HALOGEN_HEALTH_HOST: z.string().default('127.0.0.1'),
});
export type BackgroundWorkerEnvironment = z.infer<typeof BackgroundWorkerEnvironment>;
