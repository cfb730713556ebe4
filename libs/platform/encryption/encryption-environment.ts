import { z } from 'zod';
import { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** `HALOGEN_ENCRYPTION_KEYS`: `id:key`, comma between keys, 32 bytes in base64url each. The first one encrypts secrets in the database, all of them decrypt. */
export const ENCRYPTION_ENVIRONMENT = {
  HALOGEN_ENCRYPTION_KEYS: z.string().transform((text, context) => {
    try {
      return new EncryptionKeys(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
};
