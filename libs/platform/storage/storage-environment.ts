import { z } from 'zod';

/** What a process that uses storage is told of it. With a bucket the folder is not used. */
export const STORAGE_ENVIRONMENT = {
  HALOGEN_STORAGE_DIR: z.string().min(1),
  HALOGEN_S3_BUCKET: z.string().optional(),
  HALOGEN_S3_REGION: z.string().optional(),
  /** Of a store that is not Amazon's. */
  HALOGEN_S3_ENDPOINT: z.url().optional(),
  /** Without a key the machine's role is used. */
  HALOGEN_S3_ACCESS_KEY_ID: z.string().optional(),
  HALOGEN_S3_SECRET_ACCESS_KEY: z.string().optional(),
};

export type StorageEnvironment = z.infer<z.ZodObject<typeof STORAGE_ENVIRONMENT>>;
