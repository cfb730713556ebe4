import { X509Certificate } from 'node:crypto';
import { SIGNATURE } from '#features/sign-in/saml/saml-document';
import { allElements, attributeOf, childrenOf, isNamed, MalformedXml, parseXml, type XmlElement } from '#features/sign-in/saml/xml';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
/** Enough to go over from one to the next, and for providers that publish one more ahead. */
const MAX_CERTIFICATES = 4;
const MIN_RSA_BITS = 2_048;

/** What has to be known of a tenant's identity provider. */
export interface SamlProvider {
  issuer: string;
  ssoUrl: string;
  /** PEM. Any of them may sign. */
  certificates: string[];
}

/** A provider as its metadata describe it. @throws UnusableProvider saying what is missing */
export function readMetadata(xml: string): SamlProvider {
  try {
    const root = parseXml(xml);
    const entities = allElements(root).filter((element) => isNamed(element, METADATA, 'EntityDescriptor'));
    const providers = entities.flatMap((entity) =>
      childrenOf(entity, METADATA, 'IDPSSODescriptor').map((descriptor) => ({ entity, descriptor })),
    );
    const [provider, ...others] = providers;
    if (!provider || others.length > 0) throw new UnusableProvider('The metadata must describe exactly one identity provider');
    const { entity, descriptor } = provider;
    const services = childrenOf(descriptor, METADATA, 'SingleSignOnService');
    const service = services.find((one) => attributeOf(one, 'Binding') === REDIRECT);
    return asProvider({
      issuer: attributeOf(entity, 'entityID') ?? '',
      ssoUrl: attributeOf(service, 'Location') ?? '',
      certificates: childrenOf(descriptor, METADATA, 'KeyDescriptor').filter(isForSigning).flatMap(certificatesIn),
    });
  } catch (error) {
    if (error instanceof MalformedXml)
      throw new UnusableProvider(`The metadata are no XML that can be read: ${error.message.slice(0, 200)}`);
    throw error;
  }
}

/** A provider whose parts can be used. Certificates may be PEM or bare base64. @throws UnusableProvider */
export function asProvider({ issuer, ssoUrl, certificates }: SamlProvider): SamlProvider {
  if (!issuer) throw new UnusableProvider('The entity id of the identity provider is missing');
  const url = URL.parse(ssoUrl);
  const isSafe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1'));
  if (!isSafe) throw new UnusableProvider('The single sign-on service must have an https URL with the HTTP-Redirect binding');
  const read = [...new Set(certificates.map(certificateOf))];
  if (read.length === 0) throw new UnusableProvider('There is no certificate for signing');
  if (read.length > MAX_CERTIFICATES) throw new UnusableProvider(`There are more than ${MAX_CERTIFICATES} certificates for signing`);
  return { issuer, ssoUrl, certificates: read };
}

/** What an owner compares with what their provider shows. */
export function describeCertificate(pem: string): { sha256: string; expiresAt: string } {
  const certificate = new X509Certificate(pem);
  return { sha256: certificate.fingerprint256, expiresAt: new Date(certificate.validTo).toISOString() };
}

function certificateOf(text: string): string {
  const bare = text.replaceAll(/-----(BEGIN|END) CERTIFICATE-----|\s/g, '');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(Buffer.from(bare, 'base64'));
  } catch {
    throw new UnusableProvider('A certificate cannot be read: give X.509 as PEM or base64');
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
    throw new UnusableProvider(`A certificate must have an RSA key of at least ${MIN_RSA_BITS} bits`);
  }
  return certificate.toString();
}

function isForSigning(key: XmlElement): boolean {
  return (attributeOf(key, 'use') ?? 'signing') === 'signing';
}

function certificatesIn(key: XmlElement): string[] {
  return allElements(key)
    .filter((element) => isNamed(element, SIGNATURE, 'X509Certificate'))
    .map(({ textContent }) => textContent);
}

/** A provider cannot be used as given. The message is for who gave it. */
export class UnusableProvider extends Error {
  override readonly name = 'UnusableProvider';
}
