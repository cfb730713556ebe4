/** Domains that a tenant may have claimed at a time, proven or not. */
export const MAX_DOMAINS = 50;

const MAX_DOMAIN_CHARACTERS = 253;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** An e-mail domain as it is kept: lower case, in ASCII (`xn--…`), without a trailing dot. Undefined: not a domain that could be registered. */
export function asDomain(given: string): string | undefined {
  const text = given.trim().toLowerCase().replace(/\.$/, '');
  const hostname = /^[^\s/?#@:[\]\\%]+$/.test(text) ? URL.parse(`https://${text}`)?.hostname : undefined;
  const labels = hostname?.split('.') ?? [];
  const isDomain = labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) as string);
  return isDomain && (hostname as string).length <= MAX_DOMAIN_CHARACTERS ? hostname : undefined;
}

/** The TXT record by which whoever manages a domain's DNS says that the tenant may speak for it. */
export function proofRecord(domain: string, challenge: string): { name: string; value: string } {
  return { name: `_halogen.${domain}`, value: `halogen-domain=${challenge}` };
}

/** A domain is proven when most of the resolvers that answered have the record: one stale or lying one decides nothing. */
export function isProven({ answered, agreed }: { answered: number; agreed: number }): boolean {
  return agreed * 2 > answered;
}

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}
