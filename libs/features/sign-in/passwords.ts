import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

/** 32 MB and about a tenth of a second for each comparison. */
const COST = { N: 2 ** 15, r: 8, p: 1 };
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** What is kept of a password: its scrypt with cost and salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password.normalize('NFKC'), salt, KEY_BYTES, { ...COST, maxmem: MAX_MEMORY_BYTES });
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

export async function isPassword(password: string, kept: string): Promise<boolean> {
  const [name, n, r, p, salt, key] = kept.split('$');
  if (name !== 'scrypt' || !salt || !key) throw new Error('a password is kept in a form that is not known');
  const wanted = Buffer.from(key, 'base64url');
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: MAX_MEMORY_BYTES };
  const given = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64url'), wanted.length, cost);
  return timingSafeEqual(given, wanted);
}

/** Takes as long as a comparison, so that nobody learns by the clock which e-mail addresses are known. */
export async function compareWithNothing(password: string): Promise<void> {
  await hashPassword(password);
}
