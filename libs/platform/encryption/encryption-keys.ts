import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
const PREFIX = 'encrypted.1';
const FORM = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]{43})$/;

/** An encrypted text that no key here decrypts, or that is not what it was encrypted as. */
export class Undecryptable extends Error {}

/**
 * Keeps secrets in the database so that reading the database gives nothing: AES-256-GCM with keys from the configuration. The first
 * key encrypts, all of them decrypt, so that a new key is put in front and an old one is dropped when nothing is encrypted with it any more.
 */
export class EncryptionKeys {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly first: string;

  /** @param text `id:key`, comma between keys; a key is 32 bytes in base64url. @throws TypeError when it is not */
  constructor(text: string) {
    const entries = text.split(',').map((entry): [string, Buffer] => {
      const [, id, key] = FORM.exec(entry.trim()) ?? [];
      if (!id || !key) throw new TypeError('an encryption key is an id, a colon and 32 bytes in base64url');
      return [id, Buffer.from(key, 'base64url')];
    });
    this.keys = new Map(entries);
    if (this.keys.size !== entries.length) throw new TypeError('two encryption keys have the same id');
    this.first = (entries[0] as [string, Buffer])[0];
  }

  /** What everything that is encrypted with the first key begins with. */
  get currentPrefix(): string {
    return `${PREFIX}.${this.first}.`;
  }

  /** @param about what the text is and whose: it decrypts as nothing else */
  encrypt(text: string, about: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.keys.get(this.first) as Buffer, nonce).setAAD(Buffer.from(about));
    const encrypted = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return this.currentPrefix + encrypted.toString('base64url');
  }

  /** A text that was never encrypted is answered as it is: rows from before are encrypted by and by. @throws Undecryptable */
  decrypt(text: string, about: string): string {
    if (!text.startsWith(`${PREFIX}.`)) return text;
    const [id = '', bytes = ''] = text.slice(PREFIX.length + 1).split('.');
    const key = this.keys.get(id);
    if (!key) throw new Undecryptable(`encrypted with the key ${id}, which is not configured`);
    const encrypted = Buffer.from(bytes, 'base64url');
    try {
      const decipher = createDecipheriv(CIPHER, key, encrypted.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(about))
        .setAuthTag(encrypted.subarray(-TAG_BYTES));
      return decipher.update(encrypted.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (error) {
      throw new Undecryptable(`not what was encrypted as ${about}`, { cause: error });
    }
  }
}

/** A key for an installation that has none, in the form of the configuration. */
export function newEncryptionKey(id: string): string {
  return `${id}:${randomBytes(KEY_BYTES).toString('base64url')}`;
}
