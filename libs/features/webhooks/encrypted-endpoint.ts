import type { EncryptionKeys } from '#platform/encryption/encryption-keys';

/** What a encrypted text is bound to: moved to another endpoint's row it cannot be read. */
export function aboutSecret(tenantId: string, endpointId: string): string {
  return `webhook secret ${tenantId} ${endpointId}`;
}

export function aboutHeaders(tenantId: string, endpointId: string): string {
  return `webhook headers ${tenantId} ${endpointId}`;
}

/** Headers as their column keeps them: a string of JSON when encrypted, an object as it was before there was a key. */
export type KeptHeaders = string | Record<string, string>;

export function decryptHeaders(keys: EncryptionKeys, kept: KeptHeaders, about: string): Record<string, string> {
  return typeof kept === 'string' ? (JSON.parse(keys.decrypt(kept, about)) as Record<string, string>) : kept;
}

/** As JSON for the column; without any header there is nothing to hide. */
export function encryptHeaders(keys: EncryptionKeys, headers: Readonly<Record<string, string>>, about: string): string {
  return JSON.stringify(Object.keys(headers).length === 0 ? {} : keys.encrypt(JSON.stringify(headers), about));
}
