import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from '#infra/local/secret-file';
import { newEncryptionKey } from '#platform/encryption/encryption-keys';

export const NODE_IDS = ['local-1', 'local-2'] as const;
export type NodeId = (typeof NODE_IDS)[number];

/** Keys of run.json. What each of them may do is decided by the seed. */
const KEY_NAMES = ['demo', 'limited', 'other', 'revoked', 'broke', 'operator'] as const;
export type KeyName = (typeof KEY_NAMES)[number];

/** People who sign in with a password: an owner of the demo tenant, an operator of the platform, and a second one for what takes two. */
const PERSON_NAMES = ['owner', 'operator', 'secondOperator'] as const;
export type PersonName = (typeof PERSON_NAMES)[number];

export interface Secrets {
  /** API keys by what they are for. */
  keys: Record<KeyName, string>;
  /** The token of each node. */
  nodes: Record<NodeId, string>;
  passwords: Record<PersonName, string>;
  /** Signs asset URLs. */
  assetSigningSecret: string;
  /** Encrypt what the database keeps of others' secrets. A new one is put in front of those before it, with a comma. */
  encryptionKeys: string;
  /** For the passwords of database roles when the owner's URL has none. */
  rolePasswordSeed: string;
}

/** The home's secrets, made at its first start and kept in `<home>/secrets.json`. */
export async function secretsOf(homeDir: string): Promise<Secrets> {
  const file = join(homeDir, 'secrets.json');
  const known = await readSecretFile(file);
  if (known) return completed(file, JSON.parse(known) as HomeSecrets);
  const secrets: Secrets = {
    keys: Object.fromEntries(KEY_NAMES.map((name) => [name, `luma-${random()}`])) as Secrets['keys'],
    nodes: Object.fromEntries(NODE_IDS.map((id) => [id, `node-${random()}`])) as Secrets['nodes'],
    passwords: newPasswords(),
    assetSigningSecret: random(),
    encryptionKeys: newEncryptionKey('local'),
    rolePasswordSeed: random(),
  };
  await writeSecretFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** As a home may have kept them: one made before people could sign in, or before anything was encrypted, lacks what is for that. */
type HomeSecrets = Omit<Secrets, 'passwords' | 'encryptionKeys'> & Partial<Secrets>;

async function completed(file: string, known: HomeSecrets): Promise<Secrets> {
  const { passwords, encryptionKeys } = known;
  if (passwords && PERSON_NAMES.every((name) => passwords[name]) && encryptionKeys) return { ...known, passwords, encryptionKeys };
  const secrets = { ...known, passwords: { ...newPasswords(), ...passwords }, encryptionKeys: encryptionKeys ?? newEncryptionKey('local') };
  await writeSecretFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

function newPasswords(): Secrets['passwords'] {
  return Object.fromEntries(PERSON_NAMES.map((name) => [name, random()])) as Secrets['passwords'];
}

/**
 * Roles belong to the whole Postgres server, homes only to a database of it: whoever knows the owner's password comes to the same
 * password for a role, so that two homes on one server do not lock each other out.
 */
export function rolePassword(databaseUrl: string, role: string, secrets: Secrets): string {
  const ownerPassword = decodeURIComponent(new URL(databaseUrl).password);
  return createHmac('sha256', ownerPassword || secrets.rolePasswordSeed)
    .update(`halogen role ${role}`)
    .digest('base64url');
}

/** 256 bits as 43 characters. */
function random(): string {
  return randomBytes(32).toString('base64url');
}
