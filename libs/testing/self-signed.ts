import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key and a certificate that it signed itself, as identity providers have them. */
export interface SelfSigned {
  privateKeyPem: string;
  certificatePem: string;
}

const SHA256_WITH_RSA = Buffer.from('300d06092a864886f70d01010b0500', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');

/** Node reads certificates but makes none; these few fields of X.509 are all that a provider's needs. */
export function selfSigned(name: string, expiresAt: Date, modulusLength = 2_048): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const subject = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(name)))));
  const began = new Date(Math.min(Date.now(), expiresAt.getTime()) - 86_400_000);
  const content = der(
    0x30,
    Buffer.from('a003020102020101', 'hex'), // version 3, serial number 1
    SHA256_WITH_RSA,
    subject,
    der(0x30, time(began), time(expiresAt)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const certificate = der(0x30, content, SHA256_WITH_RSA, der(0x03, Buffer.from([0]), sign('sha256', content, privateKey)));
  return { privateKeyPem: pemOf(privateKey), certificatePem: asPem(certificate) };
}

function time(at: Date): Buffer {
  return der(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`));
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function asPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
