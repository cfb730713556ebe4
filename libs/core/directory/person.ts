import { isObject, type JsonObject, listOf } from '#core/directory/json';

const EMAIL = /^[^\s@<>"]{1,64}@[^\s@<>"]{1,189}\.[^\s@<>".]{2,63}$/;
const MAX_NAME_CHARACTERS = 120;

/** What Halogen knows of a person by what their directory says of them. */
export interface KnownPerson {
  /** By which they sign in; null where the directory names no address. */
  email: string | null;
  name: string;
  isActive: boolean;
}

/** The primary address, or the one for work, or the first, or a user name that is one. */
export function personOf(user: JsonObject): KnownPerson {
  const emails = listOf(user.emails).filter(isObject);
  const inOrder = [...emails.filter(({ primary }) => primary === true), ...emails.filter(({ type }) => type === 'work'), ...emails];
  const addresses = [...inOrder.map(({ value }) => value), user.userName].map((one) => String(one).trim().toLowerCase());
  return { email: addresses.find((one) => EMAIL.test(one)) ?? null, name: nameOf(user), isActive: user.active === true };
}

function nameOf({ displayName, name, userName }: JsonObject): string {
  const { formatted, givenName, familyName } = isObject(name) ? name : {};
  const parts = [givenName, familyName].filter(Boolean).join(' ');
  return String(displayName || formatted || parts || userName)
    .trim()
    .slice(0, MAX_NAME_CHARACTERS);
}
