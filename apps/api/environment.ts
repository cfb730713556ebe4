import { z } from 'zod';
import { readEnvironment } from '#platform/config/read-environment';
import { ENCRYPTION_ENVIRONMENT } from '#platform/encryption/encryption-environment';
import { STORAGE_ENVIRONMENT } from '#platform/storage/storage-environment';

/** What the API reads from its environment. */
export function apiEnvironment() {
  return readEnvironment(
    z.object({
      DATABASE_API_URL: z.url({ protocol: /^postgres(ql)?$/ }),
      HALOGEN_HOST: z.string().default('127.0.0.1'),
      HALOGEN_PORT: z.coerce.number().int().min(0).max(65_535).default(8_080),
      HALOGEN_PUBLIC_ORIGIN: z.url().transform((origin) => origin.replace(/\/$/, '')),
      HALOGEN_AGENT_ORIGIN: z.url().optional(),
      ...STORAGE_ENVIRONMENT,
      HALOGEN_ASSET_SIGNING_SECRET: z.string().min(32),
      ...ENCRYPTION_ENVIRONMENT,
      HALOGEN_OUTBOUND_ALLOW: z.string().optional(),
      HALOGEN_OUTBOUND_DNS: z.string().optional(),
    }),
  );
}
export type ApiEnvironment = ReturnType<typeof apiEnvironment>;
