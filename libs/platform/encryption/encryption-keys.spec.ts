import { expect, it } from 'vitest';
import { EncryptionKeys, newEncryptionKey, Undecryptable } from '#platform/encryption/encryption-keys';

const [old, young] = [newEncryptionKey('2025'), newEncryptionKey('2026')];

it('decrypts what it encrypted, and never encrypts alike twice', () => {
  const keys = new EncryptionKeys(old);
  const encrypted = keys.encrypt('whsec_grüße', 'a secret of A');
  expect(encrypted).toMatch(/^encrypted\.1\.2025\.[\w-]+$/);
  expect(encrypted).not.toContain('whsec');
  expect(keys.decrypt(encrypted, 'a secret of A')).toBe('whsec_grüße');
  expect(keys.encrypt('whsec_grüße', 'a secret of A')).not.toBe(encrypted);
});

it('decrypts nothing that was moved to another row, changed, or encrypted with a key it does not have', () => {
  const keys = new EncryptionKeys(old);
  const encrypted = keys.encrypt('secret', 'a secret of A');
  expect(() => keys.decrypt(encrypted, 'a secret of B')).toThrow(Undecryptable);
  const changed = encrypted.slice(0, -1) + (encrypted.endsWith('A') ? 'B' : 'A');
  expect(() => keys.decrypt(changed.slice(0, 20) + changed.slice(24), 'a secret of A')).toThrow(Undecryptable);
  expect(() => new EncryptionKeys(young).decrypt(encrypted, 'a secret of A')).toThrow('2025');
});

it('encrypts with the first key and decrypts with all: a rotation', () => {
  const before = new EncryptionKeys(old).encrypt('secret', 'x');
  const both = new EncryptionKeys(`${young}, ${old}`);
  expect(both.decrypt(before, 'x')).toBe('secret');
  expect(both.encrypt('secret', 'x').startsWith(both.currentPrefix)).toBe(true);
  expect(before.startsWith(both.currentPrefix)).toBe(false);
});

it('answers what was never encrypted as it is', () => {
  expect(new EncryptionKeys(old).decrypt('whsec_AAAA', 'x')).toBe('whsec_AAAA');
});

it.each(['', 'short:AAAA', `${old},${old}`, 'no key'])('refuses %j as configuration', (text) => {
  expect(() => new EncryptionKeys(text)).toThrow(TypeError);
});
